// SPDX-License-Identifier: MIT
#include "bridge/verify/stored_line.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/rfc3339.h"
#include "tailer/records/enricher.h"

namespace bridge::verify {
namespace {

constexpr std::string_view kRequest = "boundary_request";
constexpr std::string_view kNoticePrefix = "boundary: ";

/// Who it was: known to the daemon from its settings, not from the log.
constexpr std::array<std::string_view, 6> kIdentity = {
    "owner", "workspace_name", "agent_name", "workspace_id", "template_id", "template_version_id"};
/// Those of them that tell one workspace's session from another's of the same name.
constexpr std::size_t kTelling = 4;

bool holds(const auto& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    return code == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                   : std::nullopt;
}

/// Length of the quoted string at the front of `text`; 0 when it does not end.
std::size_t quoted_length(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return 0;
}

}  // namespace

void StoredLineReader::field(std::string_view name, std::string_view value) {
    if (holds(tailer::kToolCallMetadata, name)) {
        result_.names_tool_call = true;
        return;
    }
    if (const auto* const at = std::ranges::find(kIdentity, name); at != kIdentity.end()) {
        if (at < kIdentity.begin() + kTelling) {
            identity_.append(name).append("=").append(value).append("\n");
        }
        if (name == "owner") {
            owner_ = value;
        } else if (name == "workspace_name") {
            workspace_ = value;
        }
        return;
    }
    core_.append(name).append(1, '\0').append(value).append(1, '\0');
    if (name == "session") {
        session_ = value;
    } else if (name == "seq") {
        result_.seq = number_in(value);
    } else if (name == "event_time") {
        result_.event_ns = base::parse_rfc3339(value);
    }
}

bool StoredLineReader::read_json(std::string_view line) {
    simdjson::dom::element root;
    std::string_view message;
    simdjson::dom::object fields;
    if (parser_.parse(line.data(), line.size()).get(root) != simdjson::SUCCESS ||
        root["msg"].get(message) != simdjson::SUCCESS ||
        root["fields"].get(fields) != simdjson::SUCCESS) {
        return false;
    }
    field("msg", message);
    for (const auto& [name, value] : fields) {
        std::string_view text;
        std::uint64_t number = 0;
        if (value.get(text) == simdjson::SUCCESS) {
            field(name, text);
        } else if (value.get(number) == simdjson::SUCCESS) {
            field(name, std::to_string(number));
        } else {
            return false;
        }
    }
    result_.kind = message == kRequest ? StoredLine::Kind::Decision : StoredLine::Kind::Notice;
    return message == kRequest || message.starts_with(kNoticePrefix);
}

bool StoredLineReader::read_logfmt(std::string_view line) {
    bool ours = false;
    if (line.starts_with(kRequest) && line.substr(kRequest.size()).starts_with(' ')) {
        line.remove_prefix(kRequest.size());
        field("msg", kRequest);
        ours = true;
    }
    while (!line.empty()) {
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        const std::size_t equals = line.find_first_of("= ");
        if (equals == std::string_view::npos || line[equals] == ' ') {
            return ours && line.empty();
        }
        const std::string_view name = line.substr(0, equals);
        line.remove_prefix(equals + 1);
        std::string_view value;
        if (line.starts_with('"')) {
            const std::size_t length = quoted_length(line);
            simdjson::dom::element unquoted;
            if (length == 0 ||
                value_parser_.parse(line.data(), length).get(unquoted) != simdjson::SUCCESS ||
                unquoted.get(value) != simdjson::SUCCESS) {
                return false;
            }
            line.remove_prefix(length);
        } else {
            const std::size_t length = std::min(line.find(' '), line.size());
            value = line.substr(0, length);
            line.remove_prefix(length);
        }
        if (name == "msg" && value.starts_with(kNoticePrefix)) {
            result_.kind = StoredLine::Kind::Notice;
            ours = true;
        }
        if (name != "level") {  // in JSON it stands beside the fields
            field(name, value);
        }
    }
    return ours;
}

std::optional<StoredLine> StoredLineReader::read(std::string_view line) {
    result_ = {};
    for (std::string* text : {&session_, &identity_, &owner_, &workspace_, &core_}) {
        text->clear();
    }
    if (!(line.starts_with('{') ? read_json(line) : read_logfmt(line)) || session_.empty()) {
        return std::nullopt;
    }
    result_.session = session_;
    result_.identity = identity_;
    result_.owner = owner_;
    result_.workspace = workspace_;
    result_.whole = hash_.of(line);
    result_.core = hash_.of(core_);
    return result_;
}

}  // namespace bridge::verify
