// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "bridge/process/exit_code.h"

namespace bridge {

/// How long a supervisor waits before it starts its worker again: `first`, then twice as long each
/// time, up to `longest`; from `first` again once a worker has lived for `healthy`.
struct RestartPause {
    std::chrono::milliseconds first{1'000};
    std::chrono::milliseconds longest{30'000};
    std::chrono::milliseconds healthy{60'000};
};

/// Told when a worker has ended of itself: how, and how long it is until the next.
using TellRestart = std::function<void(const std::string& how, std::chrono::milliseconds pause)>;

/// Runs `work` in a child process, and again in a new one whenever that ends of itself, until this
/// process gets SIGTERM or SIGINT. It passes the first of these on and gives the worker's status;
/// SIGHUP and SIGUSR1 it passes on as they come.
///
/// The child is a fork that executes no file: each worker is the program that was started, whatever
/// has become of it on disk since. Should this process be killed, the worker gets SIGTERM.
///
/// Returns in the child as well, with what `work` gave. Call it before any thread is started.
[[nodiscard]] ExitCode supervise(const std::function<ExitCode()>& work, const TellRestart& tell,
                                 const RestartPause& pause = {});

}  // namespace bridge
