// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/process/environment.h"

namespace bridge {

/// A program's path: a name with a slash stands for itself, another is looked up on PATH.
[[nodiscard]] std::optional<std::string> find_program(const std::string& name,
                                                      const Environment& environment);

/// A command with its arguments; the program is a path.
using Command = std::vector<std::string>;

/// How to start Boundary, best first: what `given` names (a path, or a command with arguments
/// separated by spaces), else what BOUNDARY_LOKI_BOUNDARY names, else whichever exist of
/// `boundary`, `coder agent-firewall` (Coder 2.30 and newer) and `coder boundary`. Bare names are
/// looked up on PATH. Empty if there is none.
[[nodiscard]] std::vector<Command> boundary_commands(std::string_view given,
                                                     const Environment& environment);

/// What boundary_commands() looked for, for a sentence that says it is not there.
[[nodiscard]] std::string boundary_wanted(std::string_view given, const Environment& environment);

}  // namespace bridge
