// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace bridge::toolcall {

/// One tool call to run under Boundary.
struct ToolCall {
    std::vector<std::string> command;
    std::string journal_dir;
    std::string boundary;  ///< see boundary_commands()
    std::string tool = "execute";
    bool fail_open = false;  ///< without Boundary, run the command all the same
};

/// Set in the environment of all that runs within a tool call, to its id: what starts there belongs
/// to that call and is under its Boundary already.
inline constexpr const char* kToolCallIdVariable = "BOUNDARY_LOKI_TOOL_CALL_ID";

/// Runs the command under Boundary. To whoever started this process it is the command: its output
/// and descriptors (`inherited`), process group, terminal and signals are those that it would have
/// alone, and this process ends as it does, by the same signal when one ended it. The call's start
/// is in the journal, with the PID of its Boundary, before that can log anything.
///
/// What is no tool call of Coder Agents (CODER_CHAT_ID not set), is a script of the workspace's own
/// (CODER_SCRIPT_DATA_DIR set), or is within a call or a jail already, is run as it is. Gives the
/// status to exit with: 126 when there is no Boundary, or it did not run the command; 127 when
/// there is no such command.
[[nodiscard]] int run_tool_call(const ToolCall& call, const std::vector<int>& inherited);

}  // namespace bridge::toolcall
