// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace exporter {

/// Capped exponential backoff with full jitter: each wait is drawn evenly from [kShortest, bound],
/// and the bound doubles from kFirst to kCap. Never gives up.
class Backoff {
public:
    static constexpr std::chrono::milliseconds kFirst{500};
    /// A longer cap would eat into the hour that Loki lets a stream fall behind.
    static constexpr std::chrono::milliseconds kCap{30'000};
    /// A draw near zero would hammer a server that is down.
    static constexpr std::chrono::milliseconds kShortest{50};

    explicit Backoff(std::uint64_t seed) : random_(seed) {}

    /// A try that failed after `took`, as one does that times out, is followed by a wait that may
    /// be as long: else it would take up all the time of a server that is short of it.
    [[nodiscard]] std::chrono::milliseconds next(std::chrono::milliseconds took = {}) {
        bound_ = std::clamp(took, bound_, kCap);
        std::uniform_int_distribution<std::int64_t> draw(kShortest.count(), bound_.count());
        const std::chrono::milliseconds wait(draw(random_));
        bound_ = bound_ * 2 < kCap ? bound_ * 2 : kCap;
        return wait;
    }
    void reset() { bound_ = kFirst; }

private:
    std::mt19937_64 random_;
    std::chrono::milliseconds bound_ = kFirst;
};

}  // namespace exporter
