// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/packaging/clean_root.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace templates {

/// CODER_AGENT_TOKEN of every Workspace.
inline constexpr const char* kAgentSecret = "secret-agent-token";

/// What an image or an init container puts in place, owned by root: the shim, and a `boundary` with
/// its policy. And where the archive lies.
class Machine {
public:
    /// A `boundary` that allows 127.0.0.1 alone, whatever its configuration.
    explicit Machine(const std::string& boundary);

    [[nodiscard]] std::vector<std::string> mounts() const {
        return {firewall() + ":/opt/firewall", folder_.file("artifacts") + ":/opt/artifacts"};
    }
    /// The folder that is /opt/firewall within.
    [[nodiscard]] std::string firewall() const { return folder_.file("firewall"); }
    /// The archive's checksum; within it is /opt/artifacts/boundary-loki.tar.gz.
    [[nodiscard]] const std::string& sha256() const { return sha256_; }

private:
    test_support::TempDir folder_;
    std::string sha256_;
};

/// The start script that the module gives for these inputs, as HCL.
[[nodiscard]] std::string rendered(const std::string& inputs);

/// A workspace in a clean Debian 13, and what the Coder agent does in it.
class Workspace {
public:
    using Environment = packaging::CleanRoot::Environment;

    explicit Workspace(const Machine& machine, const std::string& root = "13-workspace")
        : Workspace(machine.mounts(), {}, root) {}
    /// `more` is set on the agent's process, on top of what it always has; an empty value unsets.
    Workspace(const std::vector<std::string>& mounts, Environment more,
              const std::string& root = "13-workspace");

    /// As the agent's start and stop scripts; the status is -1 when the pipe is never closed.
    [[nodiscard]] test_support::RunResult script(const std::string& text) const;
    /// The module's stop script.
    [[nodiscard]] test_support::RunResult stop() const;
    /// As a tool call of Coder Agents: `sh` by the agent's own PATH.
    [[nodiscard]] test_support::RunResult tool_call(const std::string& text) const;
    [[nodiscard]] test_support::RunResult command(const std::vector<std::string>& arguments,
                                                  const Environment& more = {}) const;
    /// Process ids, within, of all daemons; not of their supervisors.
    [[nodiscard]] std::string daemons() const;
    [[nodiscard]] std::string supervisors() const;
    /// Whether there is exactly one daemon, before long.
    [[nodiscard]] bool has_one_daemon() const;
    [[nodiscard]] std::string log() const;
    [[nodiscard]] const packaging::CleanRoot& root() const { return root_; }

private:
    [[nodiscard]] Environment agent_environment() const;

    packaging::CleanRoot root_;
    Environment more_;
};

}  // namespace templates
