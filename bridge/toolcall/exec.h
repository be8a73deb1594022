// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace bridge {

/// One tool call to run under Boundary.
struct ToolCallExec {
    std::vector<std::string> command;
    std::string journal_dir;
    std::string boundary = "boundary";  ///< program; looked up on PATH when it is a bare name
    std::string tool = "execute";
    bool fail_open = false;  ///< without Boundary, run the command all the same
};

/// Set in the environment of all that runs within a tool call, to its id: what starts there belongs
/// to that call and is under its Boundary already.
inline constexpr const char* kToolCallIdVariable = "BOUNDARY_LOKI_TOOL_CALL_ID";

/// Runs the command under Boundary and gives its own exit status (128 + signal when one ended it),
/// which Boundary up to v0.9.0 loses. The call's start is in the journal, with the PID of its
/// Boundary, before that can log anything.
///
/// What is no tool call of Coder Agents (CODER_CHAT_ID not set), is a script of the workspace's own
/// (CODER_SCRIPT_DATA_DIR set), or is within a call or a jail already, is run as it is. 126 when
/// there is no Boundary, or it did not run the command; 127 when there is no such command.
[[nodiscard]] int run_tool_call(const ToolCallExec& call);

}  // namespace bridge
