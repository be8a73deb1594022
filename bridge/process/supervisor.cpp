// SPDX-License-Identifier: MIT
#include "bridge/process/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string>
#include <system_error>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/process/signals.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kUntilASignal = std::chrono::hours(24);

std::string ending(int status) {
    return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                               : "status " + std::to_string(WEXITSTATUS(status));
}

bool is_end(int signal) { return signal == SIGTERM || signal == SIGINT; }

/// The worker's wait status, once it has ended.
std::optional<int> ended(pid_t worker) {
    int status = 0;
    return ::waitpid(worker, &status, WNOHANG) == worker ? std::optional(status) : std::nullopt;
}

/// Passes signals on until the worker has ended; `stopping` when one of them asked for the end.
int watch(pid_t worker, const BlockedSignals& signals, bool& stopping) {
    for (;;) {
        if (const auto status = ended(worker)) {
            return *status;
        }
        const int signal = signals.wait(kUntilASignal).value_or(SIGCHLD);
        // A second request to end would cut short what the worker delivers.
        if (signal != SIGCHLD && !(is_end(signal) && stopping)) {
            ::kill(worker, is_end(signal) ? SIGTERM : signal);
            stopping = stopping || is_end(signal);
        }
    }
}

/// False when a signal asked for the end meanwhile.
bool pause_for(milliseconds length, const BlockedSignals& signals) {
    const auto until = steady_clock::now() + length;
    for (auto left = length; left > milliseconds(0);
         left = std::chrono::ceil<milliseconds>(until - steady_clock::now())) {
        if (is_end(signals.wait(left).value_or(0))) {
            return false;
        }
    }
    return true;
}

}  // namespace

ExitCode supervise(const std::function<ExitCode()>& work, const TellRestart& tell,
                   const RestartPause& pause) {
    // They stay blocked in the worker, too, until it waits for them itself: none is lost between.
    const BlockedSignals signals({SIGTERM, SIGINT, SIGCHLD, SIGHUP, SIGUSR1});
    const pid_t self = ::getpid();
    milliseconds next = pause.first;
    for (;;) {
        const auto began = steady_clock::now();
        const pid_t worker = ::fork();
        if (worker == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
            // It may have died before that.
            return ::getppid() == self ? work() : ExitCode::Incomplete;
        }
        std::string how = "cannot fork: " + std::generic_category().message(errno);
        if (worker > 0) {
            bool stopping = false;
            const int status = watch(worker, signals, stopping);
            how = ending(status);
            if (stopping) {
                const bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
                return done ? ExitCode::Done : ExitCode::Incomplete;
            }
        }
        if (steady_clock::now() - began >= pause.healthy) {
            next = pause.first;
        }
        tell(how, next);
        if (!pause_for(next, signals)) {
            return ExitCode::Done;
        }
        next = std::min(next * 2, pause.longest);
    }
}

}  // namespace bridge
