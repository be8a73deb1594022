// SPDX-License-Identifier: MIT
#include "bridge/process/worker.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "bridge/process/signals.h"
#include "tests/support/process.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// Runs it in a process of its own; gives its wait status.
int status_of(const std::function<int()>& child, const std::function<void(pid_t)>& meanwhile) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::alarm(60);
        ::_exit(child());
    }
    meanwhile(pid);
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return status;
}

TEST(WorkerTest, ThrowsOnWhatTheWorkThrows) {
    const Worker worker{.work = []() -> ExitCode { throw std::runtime_error("a bug"); },
                        .stop = [] {},
                        .abort = [] {}};
    EXPECT_THROW(static_cast<void>(run_until_signal(worker)), std::runtime_error);
}

TEST(WorkerTest, AThrowingCallbackEndsTheWorkFirst) {
    std::atomic<bool> stopped = false;
    std::atomic<bool> ended = false;
    const Worker worker{.work =
                            [&] {
                                ::kill(::getpid(), SIGHUP);
                                while (!stopped) {
                                    std::this_thread::sleep_for(milliseconds(1));
                                }
                                ended = true;
                                return ExitCode::Done;
                            },
                        .stop = [&] { stopped = true; },
                        .abort = [] {},
                        .reload = [] { throw std::runtime_error("a bug"); }};
    EXPECT_THROW(static_cast<void>(run_until_signal(worker)), std::runtime_error);
    EXPECT_TRUE(ended);
}

TEST(WorkerTest, WorkThatHeedsNothingIsEndedAllTheSame) {
    const auto begun = steady_clock::now();
    const base::UniqueFd works(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const int status = status_of(
        [&] {
            const Worker worker{.work =
                                    [&] {
                                        ::eventfd_write(works.get(), 1);
                                        std::this_thread::sleep_for(seconds(50));
                                        return ExitCode::Done;
                                    },
                                .stop = [] {},
                                .abort = [] {},
                                .patience = milliseconds(200),
                                .longest = milliseconds(400)};
            return static_cast<int>(run_until_signal(worker));
        },
        [&](pid_t pid) {
            eventfd_t count = 0;
            EXPECT_TRUE(
                test_support::eventually([&] { return ::eventfd_read(works.get(), &count) == 0; }));
            ::kill(pid, SIGTERM);
        });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 1);
    EXPECT_LT(steady_clock::now() - begun, seconds(50));
    EXPECT_LT(Worker{}.longest, seconds(10)) << "as the manual says";
}

TEST(WorkerTest, WhatIsNoOrderToEndEndsNothing) {
    const int status = status_of(
        [] {
            withstand_signals();
            for (int number = 1; number <= SIGRTMAX; ++number) {
                switch (number) {
                    case SIGKILL:
                    case SIGSTOP:
                    case SIGTSTP:
                    case SIGCONT:
                    case SIGQUIT:
                    case SIGABRT:
                    case SIGILL:
                    case SIGTRAP:
                    case SIGBUS:
                    case SIGFPE:
                    case SIGSEGV:
                    case SIGSYS:
                    case 32:  // glibc's own
                    case 33:
                        break;
                    default:
                        ::kill(::getpid(), number);
                }
            }
            return 7;
        },
        [](pid_t) {});
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 7);
}

}  // namespace
}  // namespace bridge
