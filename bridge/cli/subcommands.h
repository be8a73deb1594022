// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace bridge {

/// What holds for all commands: the end of each one's help.
inline constexpr std::string_view kNotes =
    "A flag beats the environment variable in [brackets], which beats --config FILE.\n"
    "Exit status: 0 done, 1 failed or incomplete, 2 wrong usage or configuration.";

/// A subcommand's flags, and what it does once they are read.
class Subcommand {
public:
    Subcommand() = default;
    Subcommand(const Subcommand&) = delete;
    Subcommand& operator=(const Subcommand&) = delete;
    virtual ~Subcommand() = default;

    /// Parsing `app` sets members of this object.
    virtual void add_flags(CLI::App& app) = 0;
    /// Gives the exit status.
    [[nodiscard]] virtual int run() = 0;
    /// Whether it exits 0 and says nothing, even when its command line makes no sense.
    [[nodiscard]] virtual bool never_fails() const { return false; }
    /// Whether run() makes another program of this process, which inherits what it does about
    /// signals.
    [[nodiscard]] virtual bool becomes_another() const { return false; }
};

struct NamedSubcommand {
    std::string group;  ///< "toolcall" for `toolcall exec`; most have none
    std::string name;
    std::string help;
    std::unique_ptr<Subcommand> command;  ///< null for a group
};

/// All of them, in the order of the help, a group before what is in it.
[[nodiscard]] std::vector<NamedSubcommand> make_subcommands();

}  // namespace bridge
