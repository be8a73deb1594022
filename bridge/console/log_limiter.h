// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace bridge {

/// Lets a message through a few times a minute, whatever its fields say, and counts the rest. Any
/// thread may use it. Messages are texts of the program's own, so there are only so many.
class LogLimiter {
public:
    static constexpr std::uint64_t kBurst = 20;
    static constexpr std::chrono::seconds kWindow{60};

    struct Suppressed {
        std::string message;
        std::uint64_t count = 0;
        friend bool operator==(const Suppressed&, const Suppressed&) = default;
    };

    [[nodiscard]] bool admits(std::string_view message, base::SteadyTime now);
    /// What was held back in windows that are over; of all windows when `all`. Each once.
    [[nodiscard]] std::vector<Suppressed> take_suppressed(base::SteadyTime now, bool all = false);

private:
    struct Window {
        base::SteadyTime began;
        std::uint64_t seen = 0;
    };

    std::mutex mutex_;
    std::map<std::string, Window, std::less<>> windows_;
};

}  // namespace bridge
