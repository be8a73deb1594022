// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "base/clock.h"

namespace test_support {

/// A clock whose hands the test turns.
class FakeClock final : public base::Clock {
public:
    explicit FakeClock(std::int64_t wall_ns = 1'780'000'000'000'000'000) : wall_ns_(wall_ns) {}

    [[nodiscard]] base::SteadyTime steady() const override { return steady_; }
    [[nodiscard]] std::int64_t wall_ns() const override { return wall_ns_; }

    void advance(std::chrono::nanoseconds by) {
        steady_ += std::chrono::duration_cast<base::SteadyTime::duration>(by);
        wall_ns_ += by.count();
    }
    void set_wall_ns(std::int64_t wall_ns) { wall_ns_ = wall_ns; }

private:
    base::SteadyTime steady_{std::chrono::hours(1000)};
    std::int64_t wall_ns_;
};

}  // namespace test_support
