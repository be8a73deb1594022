// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>

#include "bridge/process/exit_code.h"

namespace bridge {

/// What a command passes to run_until_signal(). The callbacks may run on another thread than
/// `work`.
struct Worker {
    std::function<ExitCode()> work;
    std::function<void()> stop;             ///< ask it to shut down in order
    std::function<void()> abort;            ///< cut short whatever keeps it
    std::function<void()> reload = [] {};   ///< on SIGHUP
    std::function<void()> report = [] {};   ///< on SIGUSR1
    std::function<void()> give_up = [] {};  ///< before it is ended anyway
    /// From the first signal to `abort`: a request under way notices one within a second, and
    /// spooling takes a moment.
    std::chrono::milliseconds patience{6'000};
    /// From the first signal to `give_up`: for what notices nothing, such as a disk that hangs.
    std::chrono::milliseconds longest{9'000};
};

/// Runs `work` on a thread of its own and waits for its end. The first SIGTERM or SIGINT asks it to
/// stop, and cuts it short when it has not after some seconds; one more ends the process at once
/// with status 1, unless it comes within a second: whoever ends a process may signal it twice.
/// SIGHUP and SIGUSR1 end nothing: they call `reload` and `report`. It ends within `longest` of the
/// first signal, if need be with status 1. An exception from `work` or a callback is rethrown
/// once `work` has ended.
[[nodiscard]] ExitCode run_until_signal(const Worker& worker);

}  // namespace bridge
