// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace base {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Where time comes from, so that tests can turn the hands.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual SteadyTime steady() const = 0;
    /// Nanoseconds since the Unix epoch.
    [[nodiscard]] virtual std::int64_t wall_ns() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
    [[nodiscard]] std::int64_t wall_ns() const override {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
};

}  // namespace base
