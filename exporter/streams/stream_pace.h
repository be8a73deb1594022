// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace exporter {

/// Keeps one stream below a byte rate, so that Loki never shards it: a shard is another stream, and
/// what is pushed again to another stream is a duplicate for good. A push may go when the ones
/// before it have been paid for; the first is free.
class StreamPace {
public:
    /// 0 = no limit.
    explicit StreamPace(std::uint64_t bytes_per_second) : rate_(bytes_per_second) {}

    [[nodiscard]] base::SteadyTime next_push() const { return free_at_; }

    void pushed(std::size_t bytes, base::SteadyTime now) {
        if (rate_ != 0) {
            const double seconds = static_cast<double>(bytes) / static_cast<double>(rate_);
            free_at_ = now + std::chrono::duration_cast<base::SteadyTime::duration>(
                                 std::chrono::duration<double>(seconds));
        }
    }

private:
    std::uint64_t rate_;
    base::SteadyTime free_at_{};
};

}  // namespace exporter
