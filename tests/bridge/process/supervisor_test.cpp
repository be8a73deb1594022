// SPDX-License-Identifier: MIT
// A supervisor is a process: each test forks one, whose workers write to a file what becomes of
// them.
#include "bridge/process/supervisor.h"

#include <csignal>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/process/signals.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;
using test_support::eventually;
using testing::ElementsAre;
using testing::SizeIs;

constexpr RestartPause kShort{milliseconds(10), milliseconds(40), milliseconds(10'000)};

class SupervisorTest : public testing::Test {
protected:
    void TearDown() override {
        if (supervisor_ > 0) {
            ::kill(supervisor_, SIGKILL);
            ::waitpid(supervisor_, nullptr, 0);
        }
    }
    void say(const std::string& word) const {
        folder_.append("told", word.empty() ? std::to_string(::getpid()) + "\n" : word + "\n");
    }
    [[nodiscard]] std::vector<std::string> told() const {
        std::istringstream lines(test_support::read_file(folder_.file("told")));
        std::vector<std::string> all;
        for (std::string line; std::getline(lines, line);) {
            all.push_back(line);
        }
        return all;
    }
    [[nodiscard]] bool told_count(std::size_t count) const {
        return eventually([&] { return told().size() >= count; });
    }
    void supervise_in_child(const std::function<ExitCode()>& work) {
        folder_.append("told", "");
        supervisor_ = ::fork();
        if (supervisor_ == 0) {
            const auto code = supervise(
                work,
                [this](const std::string& how, milliseconds pause) {
                    say(how + " " + std::to_string(pause.count()));
                },
                kShort);
            ::_exit(static_cast<int>(code));
        }
    }
    /// Its exit status, or -1.
    int end() {
        int status = 0;
        const bool over = eventually([&] { return ::waitpid(supervisor_, &status, WNOHANG) != 0; });
        if (!over) {
            return -1;
        }
        supervisor_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    /// A worker that says each signal, until SIGTERM; then it ends with this.
    ExitCode until_term(ExitCode code) {
        const BlockedSignals signals({SIGTERM, SIGHUP, SIGUSR1});
        say("");
        for (;;) {
            const int signal = signals.wait(std::chrono::seconds(30)).value_or(SIGKILL);
            say("got " + std::to_string(signal));
            if (signal == SIGTERM || signal == SIGKILL) {
                return code;
            }
        }
    }

    test_support::TempDir folder_;
    pid_t supervisor_ = -1;
};

TEST_F(SupervisorTest, AWorkerThatEndsIsStartedAgainAfterLongerAndLongerPauses) {
    supervise_in_child([this] { return told().size() == 2 ? ExitCode::Done : ExitCode::Usage; });
    ASSERT_TRUE(told_count(5));
    auto all = told();
    all.resize(5);
    EXPECT_THAT(all, ElementsAre("status 2 10", "status 2 20", "status 0 40", "status 2 40",
                                 "status 2 40"));
    ::kill(supervisor_, SIGTERM);  // in a pause or not
    EXPECT_NE(end(), -1);
}

TEST_F(SupervisorTest, AKilledWorkerIsReplaced) {
    supervise_in_child([this] { return until_term(ExitCode::Done); });
    ASSERT_TRUE(told_count(1));
    const pid_t first = std::stoi(told()[0]);
    ::kill(first, SIGKILL);
    ASSERT_TRUE(told_count(3));
    EXPECT_EQ(told()[1], "signal 9 10");
    EXPECT_NE(std::stoi(told()[2]), first);
    ::kill(supervisor_, SIGTERM);
    EXPECT_EQ(end(), 0);
}

TEST_F(SupervisorTest, PassesSignalsOnAndTheEndOnce) {
    supervise_in_child([this] { return until_term(ExitCode::Incomplete); });
    ASSERT_TRUE(told_count(1));
    ::kill(supervisor_, SIGHUP);
    ASSERT_TRUE(told_count(2));
    ::kill(supervisor_, SIGUSR1);
    ASSERT_TRUE(told_count(3));
    ::kill(supervisor_, SIGINT);
    EXPECT_EQ(end(), 1);
    const auto all = told();
    ASSERT_THAT(all, SizeIs(4));
    EXPECT_EQ(all[1], "got " + std::to_string(SIGHUP));
    EXPECT_EQ(all[2], "got " + std::to_string(SIGUSR1));
    EXPECT_EQ(all[3], "got " + std::to_string(SIGTERM));
}

TEST_F(SupervisorTest, ASecondRequestDoesNotCutTheDeliveryShort) {
    supervise_in_child([this] {
        const BlockedSignals signals({SIGTERM});
        say("");
        static_cast<void>(signals.wait(std::chrono::seconds(30)));
        const bool again = signals.wait(std::chrono::seconds(2)).has_value();
        say(again ? "cut short" : "delivered");
        return ExitCode::Done;
    });
    ASSERT_TRUE(told_count(1));
    ::kill(supervisor_, SIGTERM);
    std::this_thread::sleep_for(milliseconds(50));
    ::kill(supervisor_, SIGTERM);
    EXPECT_EQ(end(), 0);
    EXPECT_EQ(told().back(), "delivered");
}

TEST_F(SupervisorTest, ASignalAtAnyMomentEndsBoth) {
    for (int round = 0; round < 40; ++round) {
        supervise_in_child([this] {
            const BlockedSignals signals({SIGTERM});
            say("");
            return signals.wait(std::chrono::seconds(30)) ? ExitCode::Done : ExitCode::Usage;
        });
        std::this_thread::sleep_for(std::chrono::microseconds(100 * round));
        ::kill(supervisor_, SIGTERM);
        const int status = end();
        // Before it has blocked the signal it is an ordinary process.
        EXPECT_TRUE(status == 0 || status == 128 + SIGTERM) << status;
    }
    for (const auto& worker : told()) {
        EXPECT_TRUE(eventually([&] { return ::kill(std::stoi(worker), 0) != 0; })) << worker;
    }
}

TEST_F(SupervisorTest, WithoutItsSupervisorAWorkerEndsInOrder) {
    supervise_in_child([this] { return until_term(ExitCode::Done); });
    ASSERT_TRUE(told_count(1));
    ::kill(supervisor_, SIGKILL);
    EXPECT_EQ(end(), 128 + SIGKILL);
    ASSERT_TRUE(told_count(2));
    EXPECT_EQ(told()[1], "got " + std::to_string(SIGTERM));
}

}  // namespace
}  // namespace bridge
