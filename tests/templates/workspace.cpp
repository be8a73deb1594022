// SPDX-License-Identifier: MIT
#include "tests/templates/workspace.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include <gtest/gtest.h>

#include "tests/packaging/packages.h"
#include "tests/templates/tofu.h"

namespace templates {
namespace {

namespace fs = std::filesystem;
using test_support::RunResult;

/// The processes of ours whose parent is one, or is none.
std::string processes(const packaging::CleanRoot& root, bool with_parent) {
    return root
        .shell(
            "name() { cat /proc/$1/comm; }\n"
            "for p in /proc/[0-9]*; do p=${p#/proc/}; [ \"$(name $p)\" = boundary-loki ] || "
            "continue; parent=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$p/status)\n"
            "[ \"$(name $parent)\" = boundary-loki ] && is=yes || is=no\n"
            "[ $is = " +
            std::string(with_parent ? "yes" : "no") + " ] && echo $p; done 2>/dev/null; true")
        .output;
}

}  // namespace

Machine::Machine(const std::string& boundary) {
    for (const auto* folder : {"firewall", "firewall/bin", "firewall/shim", "artifacts"}) {
        fs::create_directories(folder_.file(folder));
    }
    fs::permissions(folder_.path(), fs::perms(0755));
    fs::copy_file(std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/coder-templates/shim/sh",
                  folder_.file("firewall/shim/sh"));
    fs::copy_file(boundary, folder_.file("firewall/bin/real-boundary"));
    std::ofstream(folder_.file("firewall/bin/boundary"))
        << "#!/bin/sh\nexec /opt/firewall/bin/real-boundary --log-level info "
           "--allow domain=127.0.0.1 \"$@\"\n";
    fs::permissions(folder_.file("firewall/bin/boundary"), fs::perms(0755));
    const fs::path archive = packaging::package(".tar.gz");
    fs::copy_file(archive, folder_.file("artifacts/boundary-loki.tar.gz"));
    const auto unpacked = test_support::run_command(
        {"tar", "-xzf", archive.string(), "-C", firewall(), "--strip-components=1"});
    EXPECT_EQ(unpacked.status, 0) << unpacked.errors;
    sha256_ = test_support::read_file(archive.string() + ".sha256").substr(0, 64);
}

std::string rendered(const std::string& inputs) {
    const Tofu tofu;
    tofu.copy("coder-templates/modules/boundary-loki", "boundary-loki");
    tofu.write("main.tf",
               "terraform {\n  required_providers {\n    coder = { source = \"coder/coder\" }\n"
               "  }\n}\nresource \"coder_agent\" \"main\" {\n  os   = \"linux\"\n"
               "  arch = \"amd64\"\n}\nmodule \"boundary_loki\" {\n"
               "  source   = \"./boundary-loki\"\n  agent_id = coder_agent.main.id\n" +
                   inputs + "}\noutput \"start\" { value = module.boundary_loki.start_script }\n");
    const auto get = tofu.run("get");
    const auto apply = tofu.run("apply -auto-approve -no-color", ".", provisioner_environment());
    EXPECT_EQ(apply.status, 0) << get.errors << apply.errors;
    return tofu.run("output -raw start").output;
}

Workspace::Workspace(const std::vector<std::string>& mounts, Environment more,
                     const std::string& root)
    : root_(root, mounts), more_(std::move(more)) {}

RunResult Workspace::script(const std::string& text) const {
    auto environment = agent_environment();
    environment["CODER_SCRIPT_DATA_DIR"] = "/tmp/coder-script-data";
    environment["CODER_SCRIPT_BIN_DIR"] = "/tmp/coder-script-data/bin";
    std::vector<std::string> command = {"bash", "-c", "set -o pipefail; \"$@\" 2>&1 | cat", "pipe"};
    const auto inside = root_.command({"setsid", "--wait", "/bin/sh", "-c", text}, environment);
    command.insert(command.end(), inside.begin(), inside.end());
    return test_support::run_command(command, {}, std::chrono::seconds(90));
}

RunResult Workspace::stop() const {
    const std::string scripts =
        std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/coder-templates/modules/boundary-loki/scripts/";
    return script(test_support::read_file(scripts + "supervisor.sh") +
                  test_support::read_file(scripts + "stop.sh"));
}

RunResult Workspace::tool_call(const std::string& text) const {
    auto environment = agent_environment();
    environment["CODER_CHAT_ID"] = "chat-1";
    return root_.run({"setsid", "--wait", "env", "sh", "-c", text}, environment);
}

RunResult Workspace::command(const std::vector<std::string>& arguments,
                             const Environment& more) const {
    auto environment = agent_environment();
    for (const auto& [name, value] : more) {
        environment[name] = value;
    }
    return root_.run(arguments, environment);
}

std::string Workspace::daemons() const { return processes(root_, true); }

std::string Workspace::supervisors() const { return processes(root_, false); }

bool Workspace::has_one_daemon() const {
    return test_support::eventually([&] {
        const auto now = daemons();
        return std::ranges::count(now, '\n') == 1;
    });
}

std::string Workspace::log() const {
    return root_.shell("cat ~/.local/share/boundary-loki/daemon.log").output;
}

Workspace::Environment Workspace::agent_environment() const {
    Environment all = {{"CODER", "true"},
                       {"CODER_WORKSPACE_NAME", "w1"},
                       {"CODER_WORKSPACE_AGENT_NAME", "main"},
                       {"CODER_WORKSPACE_OWNER_NAME", "joe"},
                       {"CODER_AGENT_TOKEN", kAgentSecret},
                       {"ANTHROPIC_AUTH_TOKEN", kAgentSecret},
                       {"CODER_AGENT_URL", "https://coder.example"},
                       {"BOUNDARY_LOG_DIR", "/tmp/boundary_logs"},
                       {"BOUNDARY_JAIL_TYPE", "landjail"},
                       {"PATH",
                        "/opt/firewall/shim:/opt/firewall/bin:/home/coder/.local/bin:"
                        "/usr/local/bin:/usr/bin:/bin"}};
    for (const auto& [name, value] : more_) {
        all[name] = value;
    }
    std::erase_if(all, [](const auto& variable) { return variable.second.empty(); });
    return all;
}

}  // namespace templates
