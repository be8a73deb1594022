// SPDX-License-Identifier: MIT
// A tool call in a workspace where something stands in its way, and where Boundary goes by one of
// its other names.
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "bridge/toolcall/held_name.h"
#include "tests/end_to_end/agent.h"
#include "tests/support/first_starts.h"

namespace end_to_end {
namespace {

using bridge::toolcall::hold_name;
using testing::HasSubstr;
using testing::Not;
using Clock = std::chrono::steady_clock;

/// What a call waits for a neighbour, if it does, is two seconds.
constexpr std::chrono::milliseconds kOneWait{1'900};

class ToolCallNeighboursTest : public ToolCallExecTest {
protected:
    /// How long a call took that ran as it should.
    [[nodiscard]] std::chrono::milliseconds time_of_call() const {
        const auto began = Clock::now();
        const auto result = agent_.run("echo ran; exit 5");
        EXPECT_EQ(result.status, 5);
        EXPECT_EQ(result.output, "ran\n");
        return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    }
    /// Whether one of some calls takes less: what is waited for is waited for each time, and what
    /// else the machine does is not.
    [[nodiscard]] bool takes_less_than(std::chrono::milliseconds limit) const {
        for (int i = 0; i < 5; ++i) {
            if (time_of_call() < limit) {
                return true;
            }
        }
        return false;
    }
    /// The same for six calls at once.
    [[nodiscard]] bool six_take_less_than(std::chrono::milliseconds limit) const {
        for (int i = 0; i < 5; ++i) {
            const auto began = Clock::now();
            std::vector<Process> calls;
            calls.reserve(6);
            for (int j = 0; j < 6; ++j) {
                calls.push_back(agent_.start("parallel-" + std::to_string(j), "sleep 0.3"));
            }
            for (auto& call : calls) {
                EXPECT_EQ(call.wait(std::chrono::seconds(30)), 0);
            }
            if (Clock::now() - began < limit) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] std::string boundary() const {
        return "exec " + boundary_program() + " --log-level info --allow domain=127.0.0.1 \"$@\"";
    }
};

TEST_F(ToolCallNeighboursTest, AHeldPortIsPassedOverAndSoAreAThousand) {
    std::vector<base::UniqueFd> held;
    for (int port = 18'100; port < 19'100; ++port) {
        if (auto name = hold_name("port/" + std::to_string(port))) {
            held.push_back(std::move(*name));
        }
    }
    ASSERT_GT(held.size(), 900U);
    EXPECT_TRUE(takes_less_than(kOneWait));
    EXPECT_THAT(journal(), HasSubstr("\"event\":\"end\""));
}

TEST_F(ToolCallNeighboursTest, WhatLiesInTheJournalsFolderIsNotWaitedFor) {
    const std::string folder = logs() + "/toolcalls";
    fs::create_directories(folder + "/ports");
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    std::vector<std::string> names = {"first-start"};
    for (const int day : {-1, 0, 1}) {
        const std::chrono::year_month_day date(today + std::chrono::days(day));
        std::array<char, 40> name{};
        std::snprintf(name.data(), name.size(), "toolcalls-%04d-%02u-%02u.jsonl",
                      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()));
        names.emplace_back(name.data());
    }
    for (int port = 18'100; port < 19'100; ++port) {
        ASSERT_EQ(::mkfifo((folder + "/ports/" + std::to_string(port)).c_str(), 0600), 0);
    }
    for (const std::string target : {"fifo", "/dev/zero", "/none/there", "folder"}) {
        for (const auto& name : names) {
            const fs::path path = fs::path(folder) / name;
            fs::remove_all(path);
            if (target == "fifo") {
                ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
            } else if (target == "folder") {
                fs::create_directory(path);
            } else {
                fs::create_symlink(target, path);
            }
        }
        EXPECT_TRUE(takes_less_than(kOneWait)) << target;
    }
}

TEST_F(ToolCallNeighboursTest, AHeldFirstStartDelaysACallByTwoSecondsAtMost) {
    const base::UniqueFd turn = test_support::turn_at_first_starts();
    const auto held = hold_name("first-start");
    ASSERT_TRUE(held);
    EXPECT_TRUE(takes_less_than(kOneWait));  // there is a CA
    agent_.forget_ca();
    agent_.write_program("boundary", "while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"");
    fs::remove_all(logs());
    EXPECT_GE(time_of_call(), std::chrono::milliseconds(1'900));
    EXPECT_TRUE(takes_less_than(2 * kOneWait));
}

TEST_F(ToolCallNeighboursTest, WhereNoCaIsFoundTheFirstCallAloneGoesFirst) {
    const base::UniqueFd turn = test_support::turn_at_first_starts();
    agent_.forget_ca();
    agent_.write_program("boundary",
                         "sleep 0.3; while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"");
    const auto usual = time_of_call();
    // One by one they start after 0.3 s, 0.6 s and so on.
    EXPECT_TRUE(six_take_less_than(3 * usual + std::chrono::milliseconds(600)));
}

TEST_F(ToolCallNeighboursTest, APortTakenInTheLastMomentIsAnotherTry) {
    // As Boundary does when somebody was faster; then as it does on another port.
    agent_.write_program("boundary",
                         "port=$2; if mkdir \"$TMPDIR/once\" 2>/dev/null; then\n"
                         "timeout 3 " +
                             tool("boundary-stand-in").value_or("boundary-stand-in") +
                             " --serve-upstream :$port >\"$TMPDIR/once/up\" 2>&1 &\n"
                             "while [ ! -s \"$TMPDIR/once/up\" ]; do sleep 0.02; done\n"
                             "echo 'Error: address already in use' >&2; exit 1; fi\n" +
                             boundary());
    const auto result = agent_.run("echo ran; exit 5");
    EXPECT_EQ(result.output, "ran\n");
    EXPECT_EQ(result.status, 5);
    EXPECT_THAT(journal(),
                HasSubstr("\"status\":126,\"boundary_said\":\"Error: address already in use\""));
}

TEST_F(ToolCallNeighboursTest, BoundaryIsFoundByEachOfItsNames) {
    agent_.remove_program("boundary");
    // This Coder is older than `agent-firewall`.
    agent_.write_program("coder",
                         "[ \"$1\" = boundary ] || { echo unknown command >&2; exit 1; }\n"
                         "shift; " +
                             boundary());
    static_cast<void>(time_of_call());
    agent_.write_program("coder", "[ \"$1\" = agent-firewall ] || exit 9; shift; " + boundary());
    static_cast<void>(time_of_call());
    EXPECT_THAT(journal(), Not(HasSubstr("\"status\":9")));
    // What is named beats what is there.
    agent_.write_program("boundary", "exit 9");
    agent_.write_program("wrapped", "[ \"$1$2\" = ab ] || exit 9; shift 2; " + boundary());
    agent_.set("BOUNDARY_LOKI_BOUNDARY", agent_.file("bin/wrapped") + "  a b");
    static_cast<void>(time_of_call());
    const auto flag =
        test_support::run_command({BOUNDARY_LOKI_BINARY, "toolcall", "exec", "--boundary",
                                   "coder agent-firewall", "--", "sh", "-c", "echo ran; exit 4"},
                                  {{"CODER_CHAT_ID", "chat-1"},
                                   {"BOUNDARY_LOG_DIR", logs()},
                                   {"BOUNDARY_JAIL_TYPE", "landjail"},
                                   {"XDG_CONFIG_HOME", agent_.file("config")},
                                   {"PATH", agent_.file("bin") + ":" + std::getenv("PATH")}});
    EXPECT_EQ(flag.status, 4);
    EXPECT_EQ(flag.output, "ran\n");
    EXPECT_EQ(flag.errors, "");
    agent_.set("BOUNDARY_LOKI_BOUNDARY", "no-such-boundary");
    const auto none = agent_.run("echo ran");
    EXPECT_EQ(none.status, 126);
    EXPECT_THAT(none.output, HasSubstr("no no-such-boundary to run this tool call under"));
}

TEST_F(ToolCallNeighboursTest, ACallThatFailsToStartSaysWhyAndLeavesAnEnd) {
    agent_.write_program("boundary", "echo 'Error: bad config' >&2; exit 7");
    const auto result = agent_.run("echo ran");
    EXPECT_EQ(result.status, 126);
    EXPECT_EQ(result.output,
              "boundary-loki: Boundary ended with status 7 and has not run the command: Error: bad "
              "config\n");
    EXPECT_THAT(journal(), HasSubstr("\"status\":126,\"boundary_said\":\"Error: bad config\""));
    // One that does not pass its stdin on cannot run a call.
    agent_.write_program("boundary",
                         "while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\" </dev/null");
    const auto deaf = agent_.run("echo ran");
    EXPECT_EQ(deaf.status, 126);
    EXPECT_THAT(deaf.output, HasSubstr("Boundary has to pass its stdin on"));
}

}  // namespace
}  // namespace end_to_end
