// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace bridge {

// What a command takes, as its --help shows it: hidden commands and flags are left out.

[[nodiscard]] std::vector<const CLI::App*> visible_commands(const CLI::App& app);
[[nodiscard]] std::vector<const CLI::Option*> flags_of(const CLI::App& app);
[[nodiscard]] std::vector<const CLI::Option*> positionals_of(const CLI::App& app);
[[nodiscard]] bool takes_value(const CLI::Option& option);
/// Whether it takes a file or a folder.
[[nodiscard]] bool takes_file(const CLI::Option& option);
/// Every spelling: "-h", "--help".
[[nodiscard]] std::vector<std::string> spellings(const CLI::Option& option);

}  // namespace bridge
