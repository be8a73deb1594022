// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include <CLI/CLI.hpp>

namespace bridge {

/// A subcommand's flags, and what it does once they are read.
class Subcommand {
public:
    Subcommand() = default;
    Subcommand(const Subcommand&) = delete;
    Subcommand& operator=(const Subcommand&) = delete;
    virtual ~Subcommand() = default;

    /// Adds flags to `app`; parsing it sets members of this object.
    virtual void add_flags(CLI::App& app) = 0;
    /// Runs the command and returns the exit status.
    [[nodiscard]] virtual int run() = 0;
    /// Whether it exits 0 in silence even if its command line makes no sense.
    [[nodiscard]] virtual bool never_fails() const { return false; }
    /// Whether run() turns this process into another program, which inherits its signal
    /// dispositions.
    [[nodiscard]] virtual bool becomes_another() const { return false; }
};

/// One function for each command, in the file of the command's name.
[[nodiscard]] std::unique_ptr<Subcommand> make_run();
[[nodiscard]] std::unique_ptr<Subcommand> make_replay();
[[nodiscard]] std::unique_ptr<Subcommand> make_summary();
[[nodiscard]] std::unique_ptr<Subcommand> make_verify();
[[nodiscard]] std::unique_ptr<Subcommand> make_suggest();
[[nodiscard]] std::unique_ptr<Subcommand> make_doctor();
[[nodiscard]] std::unique_ptr<Subcommand> make_config();
[[nodiscard]] std::unique_ptr<Subcommand> make_toolcall_exec();
[[nodiscard]] std::unique_ptr<Subcommand> make_toolcall_hook();

}  // namespace bridge
