// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tailer/toolcalls/toolcall_record.h"

namespace bridge {

/// What a hook event of Claude Code (code.claude.com/docs/en/hooks) says of a tool call: its start
/// for PreToolUse, its end for PostToolUse, PostToolUseFailure and PermissionDenied. That none is
/// open any more: of the agent for Stop, StopFailure, SubagentStop and UserPromptSubmit, of the
/// session for SessionStart and SessionEnd. Nothing for any other event and for what is none. The
/// tool's input is not looked at: it may hold secrets.
[[nodiscard]] std::optional<tailer::ToolCallRecord> toolcall_of_hook(std::string_view event,
                                                                     std::int64_t now_ns);

/// Reads an event from `fd` and journals it, with the Boundary that it sees above itself. It never
/// fails and prints nothing, whatever it is given, as the tool call waits for it; it gives up when
/// the input has no end within `patience`, and at 16 MiB.
void journal_hook(int fd, const std::string& journal_dir,
                  std::chrono::milliseconds patience = std::chrono::seconds(2));

}  // namespace bridge
