// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// A command line that shows what a command is for. --help and the man page show it, and a test
/// runs it.
struct Example {
    std::string_view command;  ///< "" = the program's own, else such as "toolcall exec"
    std::string_view says;
    std::string_view line;  ///< for a shell
};

/// All examples, in the order of the help.
[[nodiscard]] const std::vector<Example>& examples();

/// The examples of `command` as --help shows them; empty if it has none.
[[nodiscard]] std::string examples_text(std::string_view command);

}  // namespace bridge
