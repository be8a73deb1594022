// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// A command line that shows what a command is for. It is in the command's --help and in the man
/// page; a test runs each.
struct Example {
    std::string_view command;  ///< "" = the program's own, else such as "toolcall exec"
    std::string_view says;
    std::string_view line;  ///< for a shell
};

/// All examples, in the order of the help.
[[nodiscard]] const std::vector<Example>& examples();

/// Those of `command` as its --help shows them; empty when there is none.
[[nodiscard]] std::string examples_text(std::string_view command);

}  // namespace bridge
