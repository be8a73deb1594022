// SPDX-License-Identifier: MIT
#include "bridge/signals.h"

#include <pthread.h>

namespace bridge {

BlockedSignals::BlockedSignals() {
    ::sigemptyset(&signals_);
    ::sigaddset(&signals_, SIGTERM);
    ::sigaddset(&signals_, SIGINT);
    ::sigaddset(&signals_, SIGCHLD);
    ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

BlockedSignals::~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

std::optional<int> BlockedSignals::wait(std::chrono::milliseconds limit) const {
    const auto whole = std::chrono::floor<std::chrono::seconds>(limit);
    timespec timeout{};
    timeout.tv_sec = whole.count();
    timeout.tv_nsec = std::chrono::nanoseconds(limit - whole).count();
    const int signal = ::sigtimedwait(&signals_, nullptr, &timeout);
    return signal > 0 ? std::optional(signal) : std::nullopt;
}

}  // namespace bridge
