// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

// The journal of tool calls: JSON lines in files that `toolcall exec` and `toolcall hook` append
// to, one write() a record, so that writers of one folder need no lock:
//
//     toolcalls-<UTC date>.jsonl
//     {"v":1,"event":"start","id":"..","tool":"Bash","source":"hook","time":"<RFC3339Nano>",
//      "pids":[4242],"chat_id":"..","session_id":"..","agent_id":"..","process":"claude",
//      "command_sha256":"..","command_preview":".."}
//     {"v":1,"event":"end","id":"..","time":"<RFC3339Nano>","status":0,"boundary_said":".."}
//     {"v":1,"event":"stop","time":"<RFC3339Nano>","session_id":"..","agent_id":".."}
//     {"v":1,"event":"session_end","time":"<RFC3339Nano>","session_id":".."}
//
// What is empty is left out. A call's raw input never gets here: it may hold secrets.

namespace tailer {

/// Where the journal lies by default, in a log folder, so that logs and journal travel together.
inline constexpr std::string_view kJournalFolder = "toolcalls";

/// Who wrote a record, which says what its PIDs are worth.
enum class ToolCallSource : std::uint8_t {
    Exec,  ///< started the very Boundary that it names
    Hook,  ///< saw a Boundary above itself, which serves other calls, too
};

struct ToolCallStart {
    std::string id;
    std::string tool;
    ToolCallSource source = ToolCallSource::Hook;
    std::int64_t time_ns = 0;
    std::vector<std::int64_t> pids;  ///< of the Boundary that serves the call; empty = not known
    std::string chat_id;
    std::string session_id;
    std::string agent_id;  ///< of the sub-agent within the session; empty for the main one
    std::string process;   ///< the confined process, e.g. claude
    std::string command_sha256;
    std::string command_preview;

    friend bool operator==(const ToolCallStart&, const ToolCallStart&) = default;
};

struct ToolCallEnd {
    std::string id;
    std::int64_t time_ns = 0;
    std::optional<int> status;       ///< exit status; 128 + signal when one ended it
    std::string boundary_said = {};  ///< the end of what Boundary wrote beside its log; mostly none
};

/// No call of this agent, or of any in this session, is open any more.
struct ToolCallStop {
    std::string session_id;
    std::string agent_id;
    std::int64_t time_ns = 0;
    bool whole_session = false;
};

using ToolCallRecord = std::variant<ToolCallStart, ToolCallEnd, ToolCallStop>;

/// What each line of a journal begins with.
inline constexpr std::string_view kToolCallBegin = R"({"v":1,"event":")";

/// One line with its newline. Texts are made valid UTF-8 and cut to kLongestToolCallText bytes.
[[nodiscard]] std::string encode_toolcall(const ToolCallRecord& record);

inline constexpr std::size_t kLongestToolCallText = 256;
inline constexpr std::size_t kMostToolCallPids = 8;

/// Appends a record to the folder's file of the day, which is made private to the user, as is the
/// folder, if it is not there yet. An Error when the record is not written whole.
[[nodiscard]] base::Result<void> append_toolcall(const std::string& folder,
                                                 const ToolCallRecord& record);

/// Whether a file of this name is one of a journal's.
[[nodiscard]] bool is_toolcall_journal_name(std::string_view name) noexcept;

}  // namespace tailer
