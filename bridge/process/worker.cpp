// SPDX-License-Identifier: MIT
#include "bridge/process/worker.h"

#include <chrono>
#include <future>
#include <optional>
#include <thread>

#include <signal.h>
#include <unistd.h>

#include "bridge/process/signals.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{50};
constexpr milliseconds kForEver = std::chrono::hours(24);
/// A request under way notices an abort within a second, and spooling takes a moment.
constexpr milliseconds kPatience{6'000};

}  // namespace

ExitCode run_until_signal(const Worker& worker) {
    const BlockedSignals signals({SIGTERM, SIGINT, SIGCHLD, SIGHUP, SIGUSR1});
    std::promise<ExitCode> promise;
    std::future<ExitCode> result = promise.get_future();
    // The end of the work is a signal, too, so that an idle daemon is never woken to look for it.
    const std::jthread thread([&worker, &promise] {
        promise.set_value(worker.work());
        ::kill(::getpid(), SIGCHLD);
    });

    std::optional<std::chrono::steady_clock::time_point> asked_at;
    bool aborted = false;
    while (result.wait_for(milliseconds(0)) != std::future_status::ready) {
        const auto signal = signals.wait(asked_at ? kLook : kForEver);
        if (!signal || *signal == SIGCHLD) {
            // Time to look at the clock, or the work has ended.
        } else if (*signal == SIGHUP) {
            worker.reload();
        } else if (*signal == SIGUSR1) {
            worker.report();
        } else if (asked_at) {
            ::_exit(static_cast<int>(ExitCode::Incomplete));
        } else {
            asked_at = std::chrono::steady_clock::now();
            worker.stop();
        }
        if (asked_at && !aborted && std::chrono::steady_clock::now() - *asked_at >= kPatience) {
            aborted = true;
            worker.abort();
        }
    }
    return result.get();
}

}  // namespace bridge
