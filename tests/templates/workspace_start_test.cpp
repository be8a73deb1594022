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
#include "tests/support/programs.h"
#include "tests/templates/workspace.h"

namespace templates {
namespace {

namespace fs = std::filesystem;
using end_to_end::judge_when_there;
using end_to_end::kAllThereOnce;
using test_support::boundary_program;
using test_support::eventually;
using test_support::LokiServer;
using test_support::RunResult;
using test_support::TempDir;
using testing::HasSubstr;
using testing::Not;

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

    // No secret of the agent's is in the daemon's reach, nor is its own in any output; into its
    // processes no other may look.
    std::string pids = workspace.daemons() + workspace.supervisors();
    std::replace(pids.begin(), pids.end(), '\n', ' ');
    const auto environments = workspace.root().shell(
        "for p in " + pids +
        "; do cat /proc/$p/environ; readlink /proc/$p/exe; head -c 1 /proc/$p/mem; ls /proc/$p/fd; "
        "done; tr '\\0' ' ' </proc/${p}/cmdline");
    EXPECT_THAT(environments.errors, HasSubstr("Permission denied"));
    EXPECT_THAT(environments.output, HasSubstr("/bin/boundary-loki run --supervise"));
    EXPECT_EQ(lines_in(environments.output), 0U);
    EXPECT_THAT(environments.output, Not(HasSubstr(kAgentSecret)));
    EXPECT_THAT(first.output + again.output + workspace.log(), Not(HasSubstr(kAgentSecret)));

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

    /// What wget does for http, for the one address here.
    static void give_wget(const Workspace& workspace) {
        const std::string wget =
            "mkdir -p ~/.local/bin; cat >~/.local/bin/wget <<'W'\n#!/bin/sh\n"
            "while [ \"$1\" != -O ]; do shift; done; cp /opt/artifacts/boundary-loki.tar.gz "
            "\"$2\"\nW\n"
            "chmod +x ~/.local/bin/wget";
        ASSERT_EQ(workspace.root().shell(wget).status, 0);
    }

    Machine machine_{boundary_program()};
    const std::string url_ = "file:///opt/artifacts/boundary-loki.tar.gz";
};

TEST_F(StartScriptTest, InstallsNothingThatFailsTheChecksum) {
    const Workspace workspace(machine_);
    const auto result = workspace.script(start(url_, std::string(64, 'a')));
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.output, HasSubstr("the archive's checksum is " + machine_.sha256()));
    EXPECT_EQ(workspace.root().shell("ls -A ~/.local/share/boundary-loki").output, "lock\nturn\n");
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
    give_wget(slim);
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

TEST_F(StartScriptTest, WhereOnlyWeBringTheLibrariesTheDaemonStartsAgainWithoutTheFiles) {
    const Workspace slim(machine_, "13");
    give_wget(slim);
    ASSERT_EQ(slim.script(start(url_, machine_.sha256())).status, 0);
    const auto starts = [&] { return end_to_end::occurrences(slim.log(), "msg=started"); };
    ASSERT_TRUE(eventually([&] { return starts() == 1; })) << slim.log();
    ASSERT_EQ(slim.root().shell("kill -KILL " + slim.daemons()).status, 0);
    EXPECT_TRUE(eventually([&] { return starts() == 2; })) << slim.log();
    EXPECT_EQ(slim.stop().status, 0);
}

TEST_F(StartScriptTest, OthersCanWaitForIt) {
    const Workspace workspace(machine_);
    // Of Coder, what tells others how far a script is; and whether the daemon runs by then.
    const std::string coder =
        "mkdir -p ~/.local/bin; cat >~/.local/bin/coder <<'C'\n#!/bin/sh\n"
        "flock -n ~/.local/share/boundary-loki/lock true && runs=no || runs=yes\n"
        "echo \"$* $runs $CODER_AGENT_TOKEN\" >>~/units\nC\nchmod +x ~/.local/bin/coder; "
        "mkdir -p ~/.local/share/boundary-loki";
    ASSERT_EQ(workspace.root().shell(coder).status, 0);
    const auto started = workspace.script(start(url_, machine_.sha256(), "  sync = true\n"));
    EXPECT_EQ(started.status, 0) << started.output;
    // With the variables of the agent, which a daemon never has.
    EXPECT_EQ(workspace.root().shell("cat ~/units; rm ~/units").output,
              std::string("exp sync start boundary-loki-start_script no ") + kAgentSecret +
                  "\nexp sync complete boundary-loki-start_script yes " + kAgentSecret + "\n");
    EXPECT_TRUE(workspace.has_one_daemon()) << workspace.log();
    // A start that fails is over, too, and a Coder that knows no such command keeps none from it.
    const auto failed = workspace.script(start(url_, std::string(64, 'a'), "  sync = true\n"));
    EXPECT_EQ(failed.status, 1);
    EXPECT_THAT(workspace.root().shell("cat ~/units").output,
                HasSubstr("exp sync complete boundary-loki-start_script"));
    ASSERT_EQ(workspace.root().shell("echo 'exit 1' >~/.local/bin/coder").status, 0);
    EXPECT_EQ(workspace.stop().status, 0);
    EXPECT_EQ(workspace.script(start(url_, machine_.sha256(), "  sync = true\n")).status, 0);
    EXPECT_TRUE(workspace.has_one_daemon()) << workspace.log();
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
