// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tailer {

/// Tools of Coder Agents (coder/coder chattool) and of Claude Code, as they name themselves.
[[nodiscard]] std::vector<std::string> default_tool_names();

/// What all tools share that have no value of their own.
inline constexpr std::string_view kOtherTool = "other";

/// The value of the stream label `tool`, of which there must be few whatever a journal claims: the
/// name itself when `known` has it, `mcp` for the tools of MCP servers, `other` for all else, and
/// nothing for no name.
[[nodiscard]] std::string_view tool_label(std::string_view name,
                                          const std::vector<std::string>& known) noexcept;

}  // namespace tailer
