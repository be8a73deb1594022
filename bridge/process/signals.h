// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <csignal>
#include <initializer_list>
#include <optional>

#include "base/unique_fd.h"

namespace bridge {

/// For a process that runs on and on: SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGCHLD are blocked in
/// this thread and in all that it starts afterwards, for whoever waits for them; what else would
/// end or stop the process and is no plain order to do so (SIGKILL, SIGQUIT, SIGABRT, SIGSTOP,
/// SIGTSTP and the faults are) is ignored. For good: a signal that comes at the very end must not
/// change how the process ends. Before any thread is started.
void withstand_signals();

/// Blocks signals in the calling thread and all that it starts afterwards, so that one thread can
/// wait for them. Undone on destruction.
class BlockedSignals {
public:
    explicit BlockedSignals(std::initializer_list<int> numbers);
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    ~BlockedSignals();

    /// Undoes it in this thread or process alone: for a child between fork and exec.
    void let_through() const;
    /// Waits for one of them; nothing when `limit` passes first.
    [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit) const;
    /// Readable when one of them has come: for poll(). Give wait() no time then to take it.
    [[nodiscard]] base::UniqueFd descriptor() const;

private:
    sigset_t signals_{};
    sigset_t before_{};
};

}  // namespace bridge
