// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "exporter/streams/backoff.h"

namespace exporter {

/// When to try again what is refused: later each time, and at once after it worked.
class RetryTimer {
public:
    explicit RetryTimer(std::uint64_t jitter_seed) : backoff_(jitter_seed) {}

    /// The past = now.
    [[nodiscard]] base::SteadyTime next_try() const { return next_try_; }
    void refused(base::SteadyTime now) { next_try_ = now + backoff_.next(); }
    /// The same for a try that took a while, see Backoff::next().
    void failed(base::SteadyTime begun, base::SteadyTime now) {
        next_try_ = now + backoff_.next(std::chrono::floor<std::chrono::milliseconds>(now - begun));
    }
    void worked() {
        backoff_.reset();
        next_try_ = {};
    }

private:
    Backoff backoff_;
    base::SteadyTime next_try_{};
};

}  // namespace exporter
