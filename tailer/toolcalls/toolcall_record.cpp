// SPDX-License-Identifier: MIT
#include "tailer/toolcalls/toolcall_record.h"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/rfc3339.h"
#include "base/unique_fd.h"
#include "base/utf8.h"

namespace tailer {
namespace {

constexpr std::string_view kBegin = R"({"v":1,"event":")";
constexpr std::string_view kNamePrefix = "toolcalls-";
constexpr std::string_view kNameSuffix = ".jsonl";
constexpr std::string_view kDateShape = "2026-06-09";

void append_text(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) {
        return;
    }
    std::string valid;
    base::append_valid_utf8(valid, value);
    out.append(",\"").append(name).append("\":");
    base::append_json_string(out, base::utf8_prefix(valid, kLongestToolCallText));
}

void append_time(std::string& out, std::int64_t time_ns) {
    out += R"(,"time":")";
    base::append_rfc3339_nano(out, time_ns);
    out += '"';
}

std::string encode(const ToolCallStart& start) {
    std::string out(kBegin);
    out += "start\"";
    append_text(out, "id", start.id);
    append_text(out, "tool", start.tool);
    append_text(out, "source", start.source == ToolCallSource::Exec ? "exec" : "hook");
    append_time(out, start.time_ns);
    if (!start.pids.empty()) {
        out += ",\"pids\":[";
        const std::size_t count = std::min(start.pids.size(), kMostToolCallPids);
        for (std::size_t i = 0; i < count; ++i) {
            out.append(i == 0 ? "" : ",").append(std::to_string(start.pids[i]));
        }
        out += ']';
    }
    append_text(out, "chat_id", start.chat_id);
    append_text(out, "session_id", start.session_id);
    append_text(out, "process", start.process);
    append_text(out, "command_sha256", start.command_sha256);
    append_text(out, "command_preview", start.command_preview);
    return out + "}\n";
}

std::string encode(const ToolCallEnd& end) {
    std::string out(kBegin);
    out += "end\"";
    append_text(out, "id", end.id);
    append_time(out, end.time_ns);
    if (end.status) {
        out.append(",\"status\":").append(std::to_string(*end.status));
    }
    return out + "}\n";
}

/// What may stand in a record of either kind.
struct Fields {
    std::int64_t version = 0;
    std::string event;
    std::string source;
    std::optional<std::int64_t> time_ns;
    std::optional<std::int64_t> status;
    ToolCallStart start;
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
    const std::array<std::pair<std::string_view, std::string*>, 9> texts = {{
        {"event", &fields.event},
        {"source", &fields.source},
        {"id", &fields.start.id},
        {"tool", &fields.start.tool},
        {"chat_id", &fields.start.chat_id},
        {"session_id", &fields.start.session_id},
        {"process", &fields.start.process},
        {"command_sha256", &fields.start.command_sha256},
        {"command_preview", &fields.start.command_preview},
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
    if (fields.version != 1 || fields.start.id.empty() || !fields.time_ns) {
        return std::nullopt;
    }
    if (fields.event == "start") {
        fields.start.time_ns = *fields.time_ns;
        fields.start.source = fields.source == "exec" ? ToolCallSource::Exec : ToolCallSource::Hook;
        return std::move(fields.start);
    }
    if (fields.event == "end") {
        ToolCallEnd end{std::move(fields.start.id), *fields.time_ns, std::nullopt};
        if (fields.status) {
            end.status = static_cast<int>(std::clamp<std::int64_t>(*fields.status, -1, 255));
        }
        return end;
    }
    return std::nullopt;
}

}  // namespace

std::string encode_toolcall(const ToolCallRecord& record) {
    return std::visit([](const auto& kind) { return encode(kind); }, record);
}

std::optional<ToolCallRecord> ToolCallParser::parse(std::string_view line) {
    // Writers do not wait for each other, so a record may stand behind one that was cut short.
    // Inside a JSON string these bytes cannot occur: the quotes would be escaped.
    if (const std::size_t at = line.rfind(kBegin); at != std::string_view::npos) {
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

base::Result<void> append_toolcall(const std::string& folder, const ToolCallRecord& record) {
    if (auto made = base::make_private_folder(folder); !made) {
        return made;
    }
    std::string date;
    base::append_rfc3339_nano(date,
                              std::visit([](const auto& kind) { return kind.time_ns; }, record));
    date.resize(kDateShape.size());
    std::string path = folder;
    path.append("/").append(kNamePrefix).append(date).append(kNameSuffix);
    const base::UniqueFd fd(::open(
        path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (!fd.valid()) {
        return base::system_failure("cannot open", path);
    }
    const std::string line = encode_toolcall(record);
    const ::ssize_t written = ::write(fd.get(), line.data(), line.size());
    if (written != static_cast<::ssize_t>(line.size())) {
        return base::system_failure("cannot write", path, written < 0 ? errno : ENOSPC);
    }
    return {};
}

bool is_toolcall_journal_name(std::string_view name) noexcept {
    return name.size() == kNamePrefix.size() + kDateShape.size() + kNameSuffix.size() &&
           name.starts_with(kNamePrefix) && name.ends_with(kNameSuffix);
}

}  // namespace tailer
