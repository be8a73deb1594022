// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "exporter/streams/retry_timer.h"

namespace exporter {

/// Loki keeps so many streams of a tenant and no more. Those that it has no room for take turns, an
/// eighth of them at a time: a try of each stream of each daemon is what a fleet at its limit would
/// be answered 429 for, all day.
class RoomForStreams {
public:
    explicit RoomForStreams(std::uint64_t jitter_seed) : retry_(jitter_seed) {}

    /// When one that waits may try; the past = now.
    [[nodiscard]] base::SteadyTime next_try() const { return retry_.next_try(); }

    /// `anew`: it did not wait before.
    void refused(bool anew, base::SteadyTime now) {
        waiting_ += anew ? 1 : 0;
        if (anew && next_try() > now) {
            return;
        }
        if (!anew && tries_left_ > 0) {
            --tries_left_;
            return;
        }
        retry_.refused(now);
        tries_left_ = waiting_ / 8;
    }
    /// What waited has a stream now; the next may try at once.
    void taken() {
        --waiting_;
        retry_.worked();
    }

private:
    RetryTimer retry_;
    std::size_t waiting_ = 0;
    std::size_t tries_left_ = 0;  ///< before the next wait
};

}  // namespace exporter
