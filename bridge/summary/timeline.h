// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace bridge {

/// Decisions over time in bounded memory: buckets of a second, made coarser whenever too many of
/// them hold something. A bucket without a decision takes no room.
class Timeline {
public:
    struct Counts {
        std::uint64_t allow = 0;
        std::uint64_t deny = 0;
        friend bool operator==(const Counts&, const Counts&) = default;
    };
    static constexpr std::size_t kMostBuckets = 4096;

    void add(std::int64_t time_ns, bool allow);

    [[nodiscard]] std::int64_t step_seconds() const { return step_seconds_; }
    /// By start, in seconds since the Unix epoch.
    [[nodiscard]] const std::map<std::int64_t, Counts>& buckets() const { return buckets_; }

private:
    void coarsen();

    std::int64_t step_seconds_ = 1;
    std::map<std::int64_t, Counts> buckets_;
};

/// A timeline as it fits on a screen.
struct TimelineColumns {
    struct Column {
        std::int64_t start_seconds = 0;
        Timeline::Counts counts;
        bool cut = false;  ///< stands for a long silence that is not drawn
    };
    std::int64_t step_seconds = 1;
    std::vector<Column> columns;
};

/// At most `most` columns (but no fewer than a cut timeline needs). When drawing every moment would
/// make them coarse, a silence that would take more than half of them is cut out.
[[nodiscard]] TimelineColumns lay_out(const Timeline& timeline, std::size_t most);

}  // namespace bridge
