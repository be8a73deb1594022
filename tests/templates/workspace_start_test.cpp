// SPDX-License-Identifier: MIT
// A workspace's life without Coder: the module is applied with the real provider, and its scripts
// run in a clean Debian as the agent runs them (coder/coder agent/agentscripts): a session of its
// own, the script as one argument behind -c, output through a pipe whose end the agent waits for.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/boundary.h"
#include "tests/end_to_end/decisions.h"
#include "tests/packaging/clean_root.h"
#include "tests/packaging/packages.h"
#include "tests/support/programs.h"
#include "tests/templates/tofu.h"

namespace templates {
namespace {

namespace fs = std::filesystem;
using end_to_end::judge_when_there;
using end_to_end::kAllThereOnce;
using packaging::CleanRoot;
using test_support::boundary_program;
using test_support::eventually;
using test_support::LokiServer;
using test_support::RunResult;
using test_support::TempDir;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSecret = "secret-agent-token";

std::string last_line_of(const std::string& command) {
    return test_support::run_command({"sh", "-c", command + " | tail -n 1"}).output;
}

/// What an image or an init container puts in place, owned by root: the shim, and a `boundary` with
/// its policy. And where the archive lies.
class Machine {
public:
    explicit Machine(const std::string& boundary) {
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
        sha256_ = last_line_of("cut -d' ' -f1 '" + archive.string() + ".sha256'").substr(0, 64);
    }
    [[nodiscard]] std::vector<std::string> mounts() const {
        return {folder_.file("firewall") + ":/opt/firewall",
                folder_.file("artifacts") + ":/opt/artifacts"};
    }
    [[nodiscard]] const std::string& sha256() const { return sha256_; }

private:
    TempDir folder_;
    std::string sha256_;
};

/// The start script that the module gives for these inputs, as HCL.
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

/// A workspace in a clean Debian 13, and what the Coder agent does in it.
class Workspace {
public:
    explicit Workspace(const Machine& machine, const std::string& root = "13-workspace")
        : root_(root, machine.mounts()) {}

    /// As the agent's start and stop scripts; the status is -1 when the pipe is never closed.
    [[nodiscard]] RunResult script(const std::string& text) const {
        auto environment = agent_environment();
        environment["CODER_SCRIPT_DATA_DIR"] = "/tmp/coder-script-data";
        environment["CODER_SCRIPT_BIN_DIR"] = "/tmp/coder-script-data/bin";
        std::vector<std::string> command = {"bash", "-c", "set -o pipefail; \"$@\" 2>&1 | cat",
                                            "pipe"};
        const auto inside = root_.command({"setsid", "--wait", "/bin/sh", "-c", text}, environment);
        command.insert(command.end(), inside.begin(), inside.end());
        return test_support::run_command(command, {}, std::chrono::seconds(90));
    }
    [[nodiscard]] RunResult stop() const {
        return script(test_support::read_file(std::string(BOUNDARY_LOKI_SOURCE_DIR) +
                                              "/coder-templates/modules/boundary-loki/scripts/"
                                              "stop.sh"));
    }
    /// As a tool call of Coder Agents: `sh` by the agent's own PATH.
    [[nodiscard]] RunResult tool_call(const std::string& text) const {
        auto environment = agent_environment();
        environment["CODER_CHAT_ID"] = "chat-1";
        return root_.run({"setsid", "--wait", "env", "sh", "-c", text}, environment);
    }
    [[nodiscard]] RunResult command(const std::vector<std::string>& arguments,
                                    const std::map<std::string, std::string>& more = {}) const {
        auto environment = agent_environment();
        for (const auto& [name, value] : more) {
            environment[name] = value;
        }
        return root_.run(arguments, environment);
    }
    /// Process ids, within, of all daemons.
    [[nodiscard]] std::string daemons() const {
        return root_
            .shell(
                "for p in /proc/[0-9]*; do read -r n <$p/comm && [ \"$n\" = boundary-loki ] && "
                "echo ${p#/proc/}; done 2>/dev/null; true")
            .output;
    }
    [[nodiscard]] std::string log() const {
        return root_.shell("cat ~/.local/share/boundary-loki/daemon.log").output;
    }
    [[nodiscard]] const CleanRoot& root() const { return root_; }

private:
    [[nodiscard]] static CleanRoot::Environment agent_environment() {
        return {{"CODER", "true"},
                {"CODER_WORKSPACE_NAME", "w1"},
                {"CODER_WORKSPACE_AGENT_NAME", "main"},
                {"CODER_WORKSPACE_OWNER_NAME", "joe"},
                {"CODER_AGENT_TOKEN", kSecret},
                {"ANTHROPIC_AUTH_TOKEN", kSecret},
                {"CODER_AGENT_URL", "https://coder.example"},
                {"BOUNDARY_LOG_DIR", "/tmp/boundary_logs"},
                {"BOUNDARY_JAIL_TYPE", "landjail"},
                {"PATH",
                 "/opt/firewall/shim:/opt/firewall/bin:/home/coder/.local/bin:"
                 "/usr/local/bin:/usr/bin:/bin"}};
    }

    CleanRoot root_;
};

std::size_t lines_in(const std::string& text) { return end_to_end::occurrences(text, "\n"); }

/// Two requests, one allowed, one denied, with numbers of their own.
std::string two_requests(const std::string& port, std::size_t allowed) {
    return "curl -s -o /dev/null http://127.0.0.1:" + port + "/d/" + std::to_string(allowed) +
           "/; curl -s -o /dev/null http://npm.registry.example/d/" + std::to_string(allowed + 1) +
           "/";
}

/// The whole life, with this Boundary.
void live(const std::string& boundary) {
    const end_to_end::Upstream upstream;
    LokiServer loki;
    loki.start();
    const Machine machine(boundary);
    const std::string start =
        rendered("  loki_url       = \"" + loki.url() +
                 "\"\n  archive_url    = "
                 "\"file:///opt/artifacts/boundary-loki.tar.gz\"\n"
                 "  archive_sha256 = \"" +
                 machine.sha256() + "\"\n  labels = { team = \"it's \\\"$HOME\\\"\" }\n");
    const Workspace workspace(machine);

    const auto first = workspace.script(start);
    ASSERT_EQ(first.status, 0) << first.output;
    EXPECT_THAT(first.output, HasSubstr("boundary-loki: started"));
    ASSERT_TRUE(eventually([&] { return lines_in(workspace.daemons()) == 1; })) << workspace.log();
    const auto call = workspace.tool_call(two_requests(upstream.port(), 0) + "; exit 7");
    EXPECT_EQ(call.status, 7) << call.errors;
    ASSERT_EQ(judge_when_there(loki, 2), kAllThereOnce) << workspace.log();
    for (const auto& [id, rows] : end_to_end::rows_by_id(loki)) {
        const auto& labels = rows.front().labels;
        EXPECT_EQ(labels.at("decision"), id == 0 ? "allow" : "deny");
        EXPECT_EQ(labels.at("owner"), "joe");
        EXPECT_EQ(labels.at("workspace_name"), "w1");
        EXPECT_EQ(labels.at("agent_name"), "main");
        EXPECT_EQ(labels.at("template_name"), "agents-firewalled");
        EXPECT_EQ(labels.at("template_id"), "8d1f0f9e-1111-4000-8000-000000000001");
        EXPECT_EQ(labels.at("workspace_id"), "8d1f0f9e-1111-4000-8000-000000000002");
        EXPECT_EQ(labels.at("tool"), "execute");
        EXPECT_EQ(labels.at("tool_match"), "exact");
        EXPECT_EQ(labels.at("chat_id"), "chat-1");
        EXPECT_EQ(labels.at("team"), "it's \"$HOME\"");
    }

    // The agent starts anew, in the same container.
    const std::string daemon = workspace.daemons();
    const auto again = workspace.script(start);
    EXPECT_EQ(again.status, 0);
    EXPECT_THAT(again.output, HasSubstr("runs already"));
    EXPECT_EQ(workspace.daemons(), daemon);

    // The daemon dies.
    EXPECT_EQ(workspace.root().shell("kill -KILL " + daemon).status, 0);
    ASSERT_TRUE(eventually([&] {
        const auto now = workspace.daemons();
        return lines_in(now) == 1 && now != daemon;
    })) << workspace.log();
    EXPECT_EQ(workspace.tool_call(two_requests(upstream.port(), 2)).status, 0);
    EXPECT_EQ(judge_when_there(loki, 4), kAllThereOnce) << workspace.log();

    // No secret of the agent's is in the daemon's reach, nor is its own in any output. What the
    // daemon was started with is seen in the process that did so: into its own, no other may look.
    std::string pid = workspace.daemons();
    pid.erase(pid.find_last_not_of('\n') + 1);
    const auto environments =
        workspace.root().shell("read -r _ _ _ parent _ </proc/" + pid +
                               "/stat; cat /proc/$parent/environ /proc/" + pid + "/environ");
    EXPECT_THAT(environments.errors, HasSubstr("Permission denied"));
    EXPECT_THAT(environments.output, HasSubstr("CODER_WORKSPACE_NAME"));
    EXPECT_THAT(environments.output, Not(HasSubstr(kSecret)));
    EXPECT_THAT(first.output + again.output + workspace.log(), Not(HasSubstr(kSecret)));

    // The workspace stops right behind a call.
    EXPECT_EQ(workspace.tool_call(two_requests(upstream.port(), 4)).status, 0);
    const auto stopped = workspace.stop();
    EXPECT_EQ(stopped.status, 0) << stopped.output;
    EXPECT_THAT(stopped.output, HasSubstr("stopped"));
    EXPECT_EQ(workspace.daemons(), "");
    EXPECT_EQ(judge_when_there(loki, 6), kAllThereOnce) << workspace.log();
    EXPECT_THAT(workspace.stop().output, HasSubstr("is not running"));

    // A new pod: the home stays, /tmp does not.
    EXPECT_EQ(workspace.root().shell("rm -rf /tmp/*").status, 0);
    EXPECT_EQ(workspace.script(start).status, 0);
    EXPECT_EQ(workspace.tool_call(two_requests(upstream.port(), 6)).status, 0);
    EXPECT_EQ(judge_when_there(loki, 8), kAllThereOnce) << workspace.log();
    EXPECT_EQ(end_to_end::metric_count(loki), 8);
    EXPECT_EQ(workspace.stop().status, 0);
}

TEST(WorkspaceStartTest, ALife) { live(boundary_program()); }

class StartScriptTest : public testing::Test {
protected:
    [[nodiscard]] std::string start(const std::string& url, const std::string& sha256,
                                    const std::string& more = "") const {
        return rendered("  loki_url       = \"http://127.0.0.1:1\"\n  archive_url    = \"" + url +
                        "\"\n  archive_sha256 = \"" + sha256 + "\"\n" + more);
    }

    Machine machine_{boundary_program()};
    const std::string url_ = "file:///opt/artifacts/boundary-loki.tar.gz";
};

TEST_F(StartScriptTest, InstallsNothingThatFailsTheChecksum) {
    const Workspace workspace(machine_);
    const auto result = workspace.script(start(url_, std::string(64, 'a')));
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.output, HasSubstr("the archive's checksum is " + machine_.sha256()));
    EXPECT_EQ(workspace.root().shell("ls -A ~/.local/share/boundary-loki").output, "turn\n");
    EXPECT_EQ(workspace.daemons(), "");
}

TEST_F(StartScriptTest, SaysWhatFailedWithoutTheAddress) {
    const Workspace workspace(machine_);
    const auto result = workspace.script(
        start("http://joe:hush@127.0.0.1:1/boundary-loki.tar.gz", machine_.sha256()));
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.output, HasSubstr("cannot download the archive"));
    EXPECT_THAT(result.output, Not(HasSubstr("hush")));
    // A slim image has nothing to download with.
    const Workspace slim(machine_, "13");
    const auto without = slim.script(start(url_, machine_.sha256()));
    EXPECT_EQ(without.status, 1);
    EXPECT_THAT(without.output, HasSubstr("neither curl nor wget"));
}

TEST_F(StartScriptTest, TakesWgetAndOneInTheImage) {
    const Workspace slim(machine_, "13");
    // What wget does for http, for the one address here.
    const std::string wget =
        "mkdir -p ~/.local/bin; cat >~/.local/bin/wget <<'W'\n#!/bin/sh\n"
        "while [ \"$1\" != -O ]; do shift; done; cp /opt/artifacts/boundary-loki.tar.gz \"$2\"\nW\n"
        "chmod +x ~/.local/bin/wget";
    ASSERT_EQ(slim.root().shell(wget).status, 0);
    const auto result = slim.script(start(url_, machine_.sha256()));
    EXPECT_EQ(result.status, 0) << result.output;
    EXPECT_TRUE(eventually([&] { return lines_in(slim.daemons()) == 1; })) << slim.log();
    const auto daemon = slim.daemons();
    // Other settings: the daemon is started anew; and the program need not be downloaded.
    const auto other = slim.script(
        rendered("  loki_url = \"http://127.0.0.1:2\"\n  binary = \"/home/coder/.local/share/"
                 "boundary-loki/" +
                 machine_.sha256() + "/bin/boundary-loki\"\n"));
    EXPECT_EQ(other.status, 0) << other.output;
    EXPECT_TRUE(eventually([&] {
        const auto now = slim.daemons();
        return lines_in(now) == 1 && now != daemon;
    })) << slim.log();
    EXPECT_EQ(slim.stop().status, 0);
    const auto missing =
        slim.script(rendered("  loki_url = \"http://127.0.0.1:2\"\n  binary = \"/none\"\n"));
    EXPECT_EQ(missing.status, 1);
    EXPECT_THAT(missing.output, HasSubstr("there is no program at /none"));
}

TEST_F(StartScriptTest, ManyAtOnceAreOneDaemon) {
    const Workspace workspace(machine_);
    // Agents that start anew while a template's new version comes: two kinds of settings. Without
    // the metrics' server a daemon ends at once.
    const std::string quick = "  metrics_address = \"off\"\n";
    const std::vector<std::string> texts = {
        start(url_, machine_.sha256(), quick),
        start(url_, machine_.sha256(), quick + "  labels = { a = \"b\" }\n")};
    for (int round = 0; round < 20; ++round) {
        std::vector<std::thread> agents;
        std::vector<RunResult> results(6);
        for (std::size_t i = 0; i < results.size(); ++i) {
            agents.emplace_back([&, i] { results[i] = workspace.script(texts[i % texts.size()]); });
        }
        for (auto& agent : agents) {
            agent.join();
        }
        for (const auto& result : results) {
            EXPECT_EQ(result.status, 0) << result.output;
        }
        EXPECT_TRUE(eventually([&] { return lines_in(workspace.daemons()) == 1; }))
            << workspace.log();
        EXPECT_EQ(workspace.stop().status, 0);
        EXPECT_EQ(workspace.daemons(), "");
    }
}

TEST_F(StartScriptTest, ADaemonThatDoesNotEndIsSaid) {
    const Workspace workspace(machine_);
    const std::string text = start(url_, machine_.sha256());
    ASSERT_EQ(workspace.script(text).status, 0);
    ASSERT_TRUE(eventually([&] { return lines_in(workspace.daemons()) == 1; })) << workspace.log();
    const auto daemon = workspace.daemons();
    ASSERT_EQ(workspace.root().shell("kill -STOP " + daemon).status, 0);
    const auto stopped = workspace.stop();
    EXPECT_EQ(stopped.status, 1);
    EXPECT_THAT(stopped.output, HasSubstr("still delivering after 15 s"));
    // It is about to end: not one that runs already.
    const auto early = workspace.script(text);
    EXPECT_EQ(early.status, 1);
    EXPECT_THAT(early.output, HasSubstr("does not end"));
    ASSERT_EQ(workspace.root().shell("kill -CONT " + daemon).status, 0);
    const auto later = workspace.script(text);
    EXPECT_EQ(later.status, 0);
    EXPECT_THAT(later.output, HasSubstr("started"));
    EXPECT_TRUE(eventually([&] {
        const auto now = workspace.daemons();
        return lines_in(now) == 1 && now != daemon;
    })) << workspace.log();
    EXPECT_EQ(workspace.stop().status, 0);
}

TEST(SupervisorTest, ASignalAtAnyMomentEndsItAndItsCommand) {
    const TempDir folder;
    // The command's own name tells it from all others.
    fs::copy_file("/bin/sleep", folder.file("command"));
    const auto result = test_support::run_command(
        {"sh", "-c",
         "cd \"$1\"; for i in 00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19; do "
         "for round in 1 2 3; do exec 9>>lock; flock 9; sh \"$2\" . ./command 60 & pid=$!; exec "
         "9>&-; "
         "sleep 0.0$i; kill $pid; timeout 10 flock lock true || echo \"$i: lives on\"; "
         "done; done; sleep 0.2; pgrep -f '^./command' && pkill -f '^./command'; true",
         "sh", folder.path(),
         std::string(BOUNDARY_LOKI_SOURCE_DIR) +
             "/coder-templates/modules/boundary-loki/scripts/supervise.sh"},
        {}, std::chrono::minutes(5));
    EXPECT_EQ(result.output, "");
}

/// Prints whether the command runs within a tool call.
constexpr const char* kAsk = "echo ${BOUNDARY_LOKI_TOOL_CALL_ID:+wrapped}";

TEST_F(StartScriptTest, OnlyToolCallsAreUnderBoundary) {
    const Workspace workspace(machine_);
    ASSERT_EQ(workspace.script(start(url_, machine_.sha256())).status, 0);
    EXPECT_EQ(workspace.tool_call(kAsk).output, "wrapped\n");
    // Start scripts, SSH and terminals (the login shell, by its path), apps, metadata, a bare sh.
    EXPECT_EQ(workspace.script(kAsk).output, "\n");
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"/bin/bash", "-c", kAsk},
                                               {"/bin/bash", "-l", "-c", kAsk},
                                               {"/bin/sh", "-c", kAsk},
                                               {"env", "sh", "-c", kAsk},
                                               {"/usr/bin/env", "bash", "-c", kAsk}}) {
        const auto plain = workspace.command(words);
        EXPECT_EQ(plain.output, "\n") << plain.errors;
    }
    // A script of the workspace that a chat has started, and what a call starts in its turn.
    EXPECT_EQ(workspace
                  .command({"env", "sh", "-c", kAsk},
                           {{"CODER_CHAT_ID", "chat-1"}, {"CODER_SCRIPT_DATA_DIR", "/tmp/x"}})
                  .output,
              "\n");
    EXPECT_EQ(workspace.tool_call(std::string("sh -c '") + kAsk + "'; sh -c 'exit 5'").status, 5);
    EXPECT_EQ(workspace.stop().status, 0);
}

TEST_F(StartScriptTest, TheJailedUserCannotTouchWhatJailsIt) {
    const Workspace workspace(machine_);
    ASSERT_EQ(workspace.script(start(url_, machine_.sha256())).status, 0);
    const auto result = workspace.tool_call(
        "for f in shim/sh bin/boundary bin/real-boundary; do f=/opt/firewall/$f; "
        "(echo evil >>$f) 2>/dev/null && echo wrote $f; chmod 777 $f 2>/dev/null && echo chmod $f; "
        "rm -f $f 2>/dev/null && echo rm $f; mv $f $f.old 2>/dev/null && echo mv $f; done; "
        "touch /opt/firewall/shim/env 2>/dev/null && echo added; "
        "umount /opt/firewall 2>/dev/null && echo umount; echo tried");
    EXPECT_EQ(result.output, "tried\n");
    EXPECT_EQ(workspace.stop().status, 0);
}

}  // namespace
}  // namespace templates
