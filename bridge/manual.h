// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>
#include <string>

#include <CLI/CLI.hpp>

namespace bridge {

/// Adds the hidden command `manual FORMAT`, by which the build makes the packages' man page and
/// shell completion. Whatever `--help` knows is in them, with nothing to keep in step by hand.
/// `format` is set by parsing and must outlive it.
CLI::App* add_manual_command(CLI::App& app, std::string& format);

/// Writes `format` ("man", a page for man(1); "bash", a script to source) of all that `app` takes.
void write_manual(const CLI::App& app, const std::string& format, std::ostream& out);

}  // namespace bridge
