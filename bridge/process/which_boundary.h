// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// A command with its arguments; the program is a path.
using Command = std::vector<std::string>;

/// How Boundary may be started, the best first: what `given` names (a path, or a command with its
/// arguments, divided by blanks), else what BOUNDARY_LOKI_BOUNDARY does, else those that are there of
/// `boundary`, `coder agent-firewall` (Coder 2.30 and newer) and `coder boundary`. Bare names are
/// looked up on PATH. Empty when there is none.
[[nodiscard]] std::vector<Command> boundary_commands(std::string_view given);

/// What boundary_commands() looked for, for a sentence that says it is not there.
[[nodiscard]] std::string boundary_wanted(std::string_view given);

}  // namespace bridge
