// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace bridge {

/// Adds the hidden command `manual FORMAT`, with which the build makes the packages' man page and
/// shell completions from what --help knows. Parsing sets `format`, which must outlive it.
CLI::App* add_manual_command(CLI::App& app, std::string& format);

struct ManualWish {
    std::string_view
        format;  ///< "man", a page for man(1); "bash", "zsh" or "fish", a script to source
    std::string_view notes;  ///< what holds for all commands
};

/// Writes the manual of all that `app` takes.
void write_manual(const CLI::App& app, const ManualWish& wish, std::ostream& out);

}  // namespace bridge
