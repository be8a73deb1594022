// SPDX-License-Identifier: MIT
// Tool calls as the Coder agent runs them (tests/tools/agent_exec): `sh -c COMMAND` with the sh
// that is first on the agent's PATH, CODER_CHAT_ID set, both outputs in one pipe, in a process
// group of its own that is killed as one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/agent.h"
#include "tests/end_to_end/boundary.h"
#include "tests/end_to_end/decisions.h"
#include "tests/support/first_starts.h"
#include "tests/support/programs.h"

namespace end_to_end {
namespace {

using test_support::LokiServer;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(ToolCallExecTest, EveryDecisionOfManyCallsCarriesItsOwnCall) {
    constexpr std::size_t kCalls = 24;
    constexpr std::size_t kAtOnce = 6;
    const Upstream upstream;
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    const Agent agent(daemon.log_dir());
    daemon.start();
    for (std::size_t first = 0; first < kCalls; first += kAtOnce) {
        std::vector<Process> calls;
        for (std::size_t i = first; i < first + kAtOnce; ++i) {
            // Each says which call it is, makes an allowed and two denied requests, and fails with
            // a status of its own; the last of each group is killed.
            const std::string id = std::to_string(2 * i);
            calls.push_back(agent.start(
                "call-" + std::to_string(i),
                "echo $BOUNDARY_LOKI_TOOL_CALL_ID; curl -s -o /dev/null http://127.0.0.1:" +
                    upstream.port() + "/d/" + id +
                    "/; curl -s -o /dev/null http://npm.registry.example/d/" +
                    std::to_string(2 * i + 1) + "/; echo done; " +
                    (i % kAtOnce == 5 ? "sleep 60" : "exit " + std::to_string(i)),
                "chat-" + std::to_string(i % 3)));
        }
        for (std::size_t i = first; i < first + kAtOnce; ++i) {
            Process& call = calls[i - first];
            const std::string name = "call-" + std::to_string(i);
            if (i % kAtOnce == 5) {
                ASSERT_TRUE(eventually([&] { return agent.output_of(name).ends_with("done\n"); }))
                    << agent.output_of(name);
                call.signal(kAgentKills);
                EXPECT_EQ(call.wait(std::chrono::seconds(30)), 128 + SIGKILL);
            } else {
                EXPECT_EQ(call.wait(std::chrono::seconds(30)), static_cast<int>(i));
            }
        }
    }
    EXPECT_EQ(judge_when_there(loki, 2 * kCalls), kAllThereOnce) << daemon.log();
    const auto rows = rows_by_id(loki);
    for (std::size_t i = 0; i < kCalls; ++i) {
        const std::string output = agent.output_of("call-" + std::to_string(i));
        const std::string id = output.substr(0, output.find('\n'));
        EXPECT_EQ(id.size(), 36U) << output;
        for (const std::size_t decision : {2 * i, 2 * i + 1}) {
            const auto& labels = rows.at(decision).front().labels;
            EXPECT_EQ(labels.at("tool_call_id"), id);
            EXPECT_EQ(labels.at("tool_match"), "exact");
            EXPECT_EQ(labels.at("chat_id"), "chat-" + std::to_string(i % 3));
            EXPECT_EQ(labels.at("decision"), decision % 2 == 0 ? "allow" : "deny");
            EXPECT_EQ(labels.at("tool"), "execute");
        }
    }
    EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(ToolCallExecTest, OutputAndStatusAreThoseOfTheCommandAlone) {
    // Inherited by the agent and by its calls.
    const base::UniqueFd more(::open("/dev/null", O_RDONLY));
    ASSERT_GE(more.get(), 3);
    for (const std::string command : {"echo out; echo err >&2",
                                      "exit 0",
                                      "exit 3",
                                      "exit 125",
                                      "exit 126",
                                      "exit 255",
                                      "kill -TERM $$",
                                      "kill -KILL $$",
                                      "no-such-command",
                                      "/dev/null",
                                      "false",
                                      "printf 'a\\0b'",
                                      "echo \"$0\" \"$@\"",
                                      "cat",
                                      "echo 'quote'\"'\"' $HOME'",
                                      "ls /proc/self/fd | wc -l",
                                      "sh -c 'echo nested; exit 9'",
                                      "(exit 4) & wait $!",
                                      "umask",
                                      "ulimit -n"}) {
        SCOPED_TRACE(command);
        const auto without = agent_.run(command, "");
        const auto with = agent_.run(command);
        EXPECT_EQ(with.status, without.status);
        EXPECT_EQ(with.output, without.output);
    }
    EXPECT_TRUE(agent_.left_nothing_behind());
}

TEST_F(ToolCallExecTest, WhatIsNoToolCallIsNotTouched) {
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{"CODER_SCRIPT_DATA_DIR", "/x"},
                                            {"BOUNDARY_JAIL", "1"},
                                            {"BOUNDARY_LOKI_TOOL_CALL_ID", "outer"}}) {
        const auto shim = agent_.run("echo plain; exit 5", "chat-1", {{name, value}});
        EXPECT_EQ(shim.status, 5) << name;
        EXPECT_EQ(shim.output, "plain\n") << name;
        const auto direct = test_support::run_command(
            {BOUNDARY_LOKI_BINARY, "toolcall", "exec", "--boundary", "/none", "--", "sh", "-c",
             "echo plain; exit 5"},
            {{"CODER_CHAT_ID", "chat-1"}, {"PATH", "/usr/bin:/bin"}, {name, value}});
        EXPECT_EQ(direct.status, 5) << name;
        EXPECT_EQ(direct.output, "plain\n") << name;
    }
    EXPECT_EQ(agent_.run("exit 6", "").status, 6);
    EXPECT_EQ(journal(), "");
}

TEST_F(ToolCallExecTest, JournalsStartAndEndWithTheCommandsStatus) {
    ASSERT_EQ(agent_.run("exit 3").status, 3);
    const std::string text = journal();
    EXPECT_THAT(text, StartsWith(R"({"v":1,"event":"start","id":")"));
    EXPECT_THAT(text, HasSubstr(R"("tool":"execute","source":"exec","time":")"));
    EXPECT_THAT(text, HasSubstr(R"("chat_id":"chat-1","process":"sh"})"));
    EXPECT_THAT(text, HasSubstr(R"("event":"end","id":")"));
    EXPECT_THAT(text, HasSubstr(R"("status":3})"));
    EXPECT_EQ(occurrences(text, "\n"), 2U);
}

TEST_F(ToolCallExecTest, ASignalIsTheCommandsToAnswer) {
    for (const std::string command :
         {"echo up; sleep 60 & wait", "trap 'echo bye; exit 8' TERM; echo up; sleep 60 & wait",
          "trap '' TERM; echo up; sleep 0.2; echo on; exit 9"}) {
        SCOPED_TRACE(command);
        const auto terminated = [&](const std::string& chat) {
            const std::string name = "signalled" + chat;
            std::filesystem::remove(agent_.file(name + ".out"));
            Process call = agent_.start(name, command, chat);
            EXPECT_TRUE(eventually([&] { return agent_.output_of(name) == "up\n"; }));
            call.signal(kAgentTerminates);
            const int status = call.wait(std::chrono::seconds(30)).value_or(-1);
            return Agent::Result{status, agent_.output_of(name)};
        };
        const auto without = terminated("");
        const auto with = terminated("chat-1");
        EXPECT_EQ(with.status, without.status);
        EXPECT_EQ(with.output, without.output);
    }
    EXPECT_THAT(journal(), HasSubstr(R"("status":143})"));
    EXPECT_THAT(journal(), HasSubstr(R"("status":8})"));
    EXPECT_THAT(journal(), HasSubstr(R"("status":9})"));
}

TEST_F(ToolCallExecTest, WithoutBoundaryItRefusesUnlessToldOtherwise) {
    agent_.remove_program("boundary");
    const auto refused = agent_.run("echo ran");
    EXPECT_EQ(refused.status, 126);
    EXPECT_THAT(refused.output, HasSubstr("install Coder Boundary on PATH"));
    EXPECT_THAT(refused.output, Not(HasSubstr("ran\n")));
    const auto open =
        test_support::run_command({BOUNDARY_LOKI_BINARY, "toolcall", "exec", "--fail-open",
                                   "--boundary", "/none", "--", "sh", "-c", "echo ran; exit 4"},
                                  {{"CODER_CHAT_ID", "chat-1"}, {"BOUNDARY_LOG_DIR", logs()}});
    EXPECT_EQ(open.status, 4);
    EXPECT_EQ(open.output, "ran\n");
    EXPECT_THAT(open.errors, HasSubstr("running it without"));
    // An empty PATH: this machine may have the package.
    const auto gone = test_support::run_command(
        {std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/coder-templates/shim/sh", "-c", "echo ran"},
        {{"CODER_CHAT_ID", "chat-1"}, {"PATH", "/none"}});
    EXPECT_EQ(gone.status, 126);
    EXPECT_EQ(gone.output, "");
    EXPECT_THAT(gone.errors, HasSubstr("boundary-loki is not installed"));
}

TEST_F(ToolCallExecTest, ABoundaryThatRunsNothingIsNoSuccess) {
    agent_.write_program("boundary", "echo 'Error: bad config' >&2; exit 0");
    const auto result = agent_.run("echo ran");
    EXPECT_EQ(result.status, 126);
    EXPECT_THAT(result.output, HasSubstr("Error: bad config"));
    EXPECT_THAT(result.output, HasSubstr("has not run the command"));
    agent_.write_program("boundary", "kill -KILL $$");
    const auto killed = agent_.run("echo ran");
    EXPECT_EQ(killed.status, 126);
    EXPECT_THAT(killed.output, HasSubstr("Boundary ended with signal 9"));
    EXPECT_TRUE(agent_.left_nothing_behind());
}

TEST_F(ToolCallExecTest, WithoutAJournalTheCallRunsAndNothingIsSaid) {
    fs::create_directories(logs());
    std::ofstream(logs() + "/toolcalls") << "a file in the way";
    const auto result = agent_.run("echo ran; exit 4");
    EXPECT_EQ(result.status, 4);
    EXPECT_EQ(result.output, "ran\n");
}

TEST_F(ToolCallExecTest, TheFirstStartsGoOneByOneUntilThereIsACa) {
    const base::UniqueFd turn = test_support::turn_at_first_starts();
    agent_.forget_ca();
    // Counts how many are between start and CA at a time, as Boundary's own race would.
    agent_.write_program("boundary",
                         "mkdir \"$XDG_CONFIG_HOME/alone\" 2>/dev/null || [ -e "
                         "\"$XDG_CONFIG_HOME/coder_boundary/ca-cert.pem\" ] || "
                         "touch \"$XDG_CONFIG_HOME/race\"\n"
                         "sleep 0.2\n"
                         "echo made >\"$XDG_CONFIG_HOME/coder_boundary/ca-cert.pem\"\n"
                         "while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"");
    const auto begun = std::chrono::steady_clock::now();
    std::vector<Process> calls;
    calls.reserve(5);
    for (int i = 0; i < 5; ++i) {
        calls.push_back(agent_.start("first-" + std::to_string(i), "echo ran"));
    }
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(calls[static_cast<std::size_t>(i)].wait(std::chrono::seconds(30)), 0);
        EXPECT_EQ(agent_.output_of("first-" + std::to_string(i)), "ran\n");
    }
    EXPECT_TRUE(fs::exists(agent_.file("config/alone")));
    // Whoever has waited for two seconds goes all the same.
    const bool went_all_the_same =
        std::chrono::steady_clock::now() - begun > std::chrono::seconds(2);
    EXPECT_TRUE(went_all_the_same || !fs::exists(agent_.file("config/race")));
}

}  // namespace
}  // namespace end_to_end
