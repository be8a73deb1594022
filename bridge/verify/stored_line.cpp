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

}  // namespace

void StoredLineReader::field(std::string_view name, std::string_view value) {
    if (name == "level") {
        return;  // a field in logfmt alone
    }
    if (name == "msg") {
        ours_ = value == kRequest || value.starts_with(kNoticePrefix);
        result_.kind = value == kRequest ? StoredLine::Kind::Decision : StoredLine::Kind::Notice;
    }
    if (holds(tailer::kToolCallMetadata, name)) {
        result_.names_tool_call = true;
        return;
    }
    if (name == "boundary_session_id") {
        result_.names_boundary_session = true;
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

std::optional<StoredLine> StoredLineReader::read(std::string_view line) {
    result_ = {};
    for (std::string* text : {&session_, &identity_, &owner_, &workspace_, &core_}) {
        text->clear();
    }
    ours_ = false;
    const auto take = [this](std::string_view name, std::string_view value) { field(name, value); };
    if (!fields_.read(line, take) || !ours_ || session_.empty()) {
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
