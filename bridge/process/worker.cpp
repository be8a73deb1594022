// SPDX-License-Identifier: MIT
#include "bridge/process/worker.h"

#include <chrono>
#include <exception>
#include <future>
#include <optional>
#include <thread>

#include <signal.h>
#include <unistd.h>

#include "bridge/process/signals.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;
using Moment = std::chrono::steady_clock::time_point;

constexpr milliseconds kLook{50};
constexpr milliseconds kForEver = std::chrono::hours(24);
/// Within it a second request to end is the first one.
constexpr milliseconds kSameRequest{1'000};

[[noreturn]] void end_at_once() { ::_exit(static_cast<int>(ExitCode::Incomplete)); }

/// Serves signals until `ended` has a value.
void serve(const Worker& worker, const BlockedSignals& signals,
           const std::future<ExitCode>& ended) {
    std::optional<Moment> asked_at;
    bool aborted = false;
    while (ended.wait_for(milliseconds(0)) != std::future_status::ready) {
        const auto signal = signals.wait(asked_at ? kLook : kForEver);
        const Moment now = std::chrono::steady_clock::now();
        if (!signal || *signal == SIGCHLD) {
            // Time to look at the clock, or the work has ended.
        } else if (*signal == SIGHUP) {
            worker.reload();
        } else if (*signal == SIGUSR1) {
            worker.report();
        } else if (!asked_at) {
            asked_at = now;
            worker.stop();
        } else if (now - *asked_at >= kSameRequest) {
            end_at_once();
        }
        if (asked_at && !aborted && now - *asked_at >= worker.patience) {
            aborted = true;
            worker.abort();
        }
        if (asked_at && now - *asked_at >= worker.longest) {
            worker.give_up();
            end_at_once();
        }
    }
}

}  // namespace

ExitCode run_until_signal(const Worker& worker) {
    const BlockedSignals signals({SIGTERM, SIGINT, SIGCHLD, SIGHUP, SIGUSR1});
    std::promise<ExitCode> promise;
    std::future<ExitCode> result = promise.get_future();
    // The end of the work is a signal, too, so that an idle daemon is never woken to look for it.
    const std::jthread thread([&worker, &promise] {
        try {
            promise.set_value(worker.work());
        } catch (...) {
            promise.set_exception(std::current_exception());
        }
        ::kill(::getpid(), SIGCHLD);
    });
    try {
        serve(worker, signals, result);
    } catch (...) {
        worker.stop();  // or the thread would never be joined
        worker.abort();
        throw;
    }
    return result.get();
}

}  // namespace bridge
