// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>

#include <CLI/CLI.hpp>

namespace bridge {

// Completion of commands, flags and files, made from what `app` takes: a script to source.

void write_bash_completion(const CLI::App& app, std::ostream& out);
void write_zsh_completion(const CLI::App& app, std::ostream& out);
void write_fish_completion(const CLI::App& app, std::ostream& out);

}  // namespace bridge
