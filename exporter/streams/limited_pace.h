// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace exporter {

/// A rate limit that a server has named.
struct ToldLimit {
    double bytes_per_second = 0;
    bool per_stream = false;  ///< of one stream; of all that the tenant sends otherwise
};

/// Reads Loki's 429: "Ingestion rate limit exceeded for user X (limit: 20000 bytes/sec) while ..."
/// and "Per stream rate limit exceeded (limit: 3MB/sec) while ..." (pkg/validation/validate.go).
[[nodiscard]] std::optional<ToldLimit> told_limit(std::string_view body);

/// Keeps pushes within a limit once the server has named one, and close to it. What it refuses
/// takes nothing from the allowance, and it counts bytes otherwise than we do; so the pace grows
/// with each push that is taken and shrinks a little with each that is not. A push larger than what
/// may come at once (the burst, which no answer names) is never taken, so pushes are cut until one
/// is.
class LimitedPace {
public:
    /// When the next push may go; the past = now.
    [[nodiscard]] base::SteadyTime next_push() const { return free_at_; }
    /// What one push may hold at most; 0 = as much as there is.
    [[nodiscard]] std::size_t largest_push() const { return largest_; }
    /// In a row.
    [[nodiscard]] int refusals() const { return refusals_; }
    /// Whether what was refused last kept the pace, or was too little to be what the limit is for:
    /// others push, too.
    [[nodiscard]] bool shares_limit() const { return shares_limit_; }

    void pushed(std::size_t bytes, base::SteadyTime now);
    void refused(double bytes_per_second, std::size_t bytes, base::SteadyTime now);

private:
    void wait_for(std::size_t bytes, base::SteadyTime now);

    double rate_ = 0;  ///< in bytes a second; 0 = none was named
    std::size_t largest_ = 0;
    int refusals_ = 0;
    bool shares_limit_ = false;
    int taken_ = 0;  ///< since the last refusal
    base::SteadyTime free_at_{};
};

}  // namespace exporter
