// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "base/rfc3339.h"
#include "tailer/toolcalls/toolcall_parser.h"

namespace tailer {
namespace {

/// What may stand in a record of either kind.
struct Fields {
    std::int64_t version = 0;
    std::string event;
    std::string source;
    std::optional<std::int64_t> time_ns;
    std::optional<std::int64_t> status;
    ToolCallStart start;
    std::string boundary_said;
};

bool read_text(simdjson::ondemand::value value, std::string& into) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS || text.size() > kLongestToolCallText) {
        return false;
    }
    into = text;
    return true;
}

bool read_pids(simdjson::ondemand::value value, std::vector<std::int64_t>& pids) {
    simdjson::ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) {
        return false;
    }
    for (auto element : array) {
        std::int64_t pid = 0;
        if (element.get_int64().get(pid) != simdjson::SUCCESS || pids.size() == kMostToolCallPids) {
            return false;
        }
        pids.push_back(pid);
    }
    return true;
}

bool read_number(simdjson::ondemand::value value, std::int64_t& into) {
    return value.get_int64().get(into) == simdjson::SUCCESS;
}

/// False when a field that we know is not what it should be; those that we do not know are passed
/// over.
bool read_field(std::string_view name, simdjson::ondemand::value value, Fields& fields) {
    const std::array<std::pair<std::string_view, std::string*>, 11> texts = {{
        {"event", &fields.event},
        {"source", &fields.source},
        {"id", &fields.start.id},
        {"tool", &fields.start.tool},
        {"chat_id", &fields.start.chat_id},
        {"session_id", &fields.start.session_id},
        {"agent_id", &fields.start.agent_id},
        {"process", &fields.start.process},
        {"command_sha256", &fields.start.command_sha256},
        {"command_preview", &fields.start.command_preview},
        {"boundary_said", &fields.boundary_said},
    }};
    for (const auto& [known, into] : texts) {
        if (name == known) {
            return read_text(value, *into);
        }
    }
    if (name == "v") {
        return read_number(value, fields.version);
    }
    if (name == "time") {
        std::string text;
        const bool read = read_text(value, text);
        fields.time_ns = base::parse_rfc3339(text);
        return read && fields.time_ns.has_value();
    }
    if (name == "status") {
        return read_number(value, fields.status.emplace());
    }
    return name != "pids" || read_pids(value, fields.start.pids);
}

std::optional<ToolCallRecord> record_of(Fields fields) {
    if (fields.version != 1 || !fields.time_ns) {
        return std::nullopt;
    }
    const bool whole_session = fields.event == "session_end";
    if ((whole_session || fields.event == "stop") && !fields.start.session_id.empty()) {
        return ToolCallStop{std::move(fields.start.session_id), std::move(fields.start.agent_id),
                            *fields.time_ns, whole_session};
    }
    if (fields.start.id.empty()) {
        return std::nullopt;
    }
    if (fields.event == "start") {
        fields.start.time_ns = *fields.time_ns;
        fields.start.source = fields.source == "exec" ? ToolCallSource::Exec : ToolCallSource::Hook;
        return std::move(fields.start);
    }
    if (fields.event == "end") {
        ToolCallEnd end{std::move(fields.start.id), *fields.time_ns, std::nullopt,
                        std::move(fields.boundary_said)};
        if (fields.status) {
            end.status = static_cast<int>(std::clamp<std::int64_t>(*fields.status, -1, 255));
        }
        return end;
    }
    return std::nullopt;
}

}  // namespace

std::optional<ToolCallRecord> ToolCallParser::parse(std::string_view line) {
    // Writers do not wait for each other, so a record may stand behind one that was cut short.
    // Inside a JSON string these bytes cannot occur: the quotes would be escaped.
    if (const std::size_t at = line.rfind(kToolCallBegin); at != std::string_view::npos) {
        line.remove_prefix(at);
    }
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + kJsonPadding);
    if (parser_.iterate(padded).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    Fields fields;
    for (auto member : object) {
        std::string_view name;
        simdjson::ondemand::value value;
        if (member.unescaped_key().get(name) != simdjson::SUCCESS ||
            member.value().get(value) != simdjson::SUCCESS || !read_field(name, value, fields)) {
            return std::nullopt;
        }
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
        return std::nullopt;  // something stands behind the object
    }
    return record_of(std::move(fields));
}

}  // namespace tailer
