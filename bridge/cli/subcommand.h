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
