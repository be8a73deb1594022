// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>

namespace base {

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kNanosPerMillisecond = 1'000'000;

/// Towards the past, before 1970 too.
[[nodiscard]] constexpr std::int64_t whole_seconds(std::int64_t unix_ns) {
    return unix_ns / kNanosPerSecond - (unix_ns % kNanosPerSecond < 0 ? 1 : 0);
}

/// The sum, or the nearest number that fits: lines may say any instant.
[[nodiscard]] constexpr std::int64_t add_saturated(std::int64_t a, std::int64_t b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        return b > 0 ? std::numeric_limits<std::int64_t>::max()
                     : std::numeric_limits<std::int64_t>::min();
    }
    return sum;
}

}  // namespace base
