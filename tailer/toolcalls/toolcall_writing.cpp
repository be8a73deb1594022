// SPDX-License-Identifier: MIT
// Apart from the reading, which needs simdjson: each tool call waits for the program that writes.
#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/rfc3339.h"
#include "base/unique_fd.h"
#include "base/utf8.h"
#include "tailer/toolcalls/toolcall_record.h"

namespace tailer {
namespace {

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
    std::string out(kToolCallBegin);
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
    append_text(out, "agent_id", start.agent_id);
    append_text(out, "process", start.process);
    append_text(out, "command_sha256", start.command_sha256);
    append_text(out, "command_preview", start.command_preview);
    return out + "}\n";
}

std::string encode(const ToolCallEnd& end) {
    std::string out(kToolCallBegin);
    out += "end\"";
    append_text(out, "id", end.id);
    append_time(out, end.time_ns);
    if (end.status) {
        out.append(",\"status\":").append(std::to_string(*end.status));
    }
    append_text(out, "boundary_said", end.boundary_said);
    return out + "}\n";
}

std::string encode(const ToolCallStop& stop) {
    std::string out(kToolCallBegin);
    out += stop.whole_session ? "session_end\"" : "stop\"";
    append_time(out, stop.time_ns);
    append_text(out, "session_id", stop.session_id);
    append_text(out, "agent_id", stop.agent_id);
    return out + "}\n";
}

}  // namespace

std::string encode_toolcall(const ToolCallRecord& record) {
    return std::visit([](const auto& kind) { return encode(kind); }, record);
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
    // The folder keeps others out. Who opens it to a group, as for a daemon of another user, lets
    // that group read.
    const base::UniqueFd fd(::open(
        path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640));
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
