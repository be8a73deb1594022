// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace bridge {

/// Blocks SIGTERM, SIGINT and SIGCHLD in the calling thread and all that it starts afterwards, so
/// that one thread can wait for them. Undone on destruction.
class BlockedSignals {
public:
    BlockedSignals();
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    ~BlockedSignals();

    /// Waits for one of them; nothing when `limit` passes first.
    [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit) const;

private:
    sigset_t signals_{};
    sigset_t before_{};
};

}  // namespace bridge
