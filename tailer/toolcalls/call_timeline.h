// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tailer {

/// When calls were open: intervals by start, of which the latest that covers a time is found. All
/// takes a number of steps that grows with the logarithm of how many there are, in whatever order
/// they come: a treap in which each node knows the latest end below it (Seidel and Aragon,
/// Randomized Search Trees; the augmentation as in Cormen et al., Interval Trees). Not thread-safe.
class CallTimeline {
public:
    struct Interval {
        std::int64_t start_ns = 0;
        std::int64_t end_ns = 0;  ///< included
        std::string_view id;      ///< of the call; of two with one start the greater is the later
    };

    /// What was open at some time: the latest started, and whether there are more.
    struct Open {
        const Interval* latest = nullptr;
        bool several = false;
    };

    /// `priority` is a random number that nobody can guess: it keeps the tree flat.
    void insert(const Interval& interval, std::uint64_t priority);
    void erase(std::int64_t start_ns, std::string_view id);

    /// Of those that started at `begun_by_ns` or before and end at `open_ns` or behind. Valid until
    /// the next change.
    [[nodiscard]] Open open_at(std::int64_t begun_by_ns, std::int64_t open_ns) const;

private:
    using Index = std::uint32_t;
    static constexpr Index kNone = UINT32_MAX;

    struct Node {
        Interval interval;
        std::int64_t latest_end_ns = 0;  ///< of this one and all below it
        std::uint64_t priority = 0;
        Index left = kNone;
        Index right = kNone;
    };
    struct Halves {
        Index before = kNone;
        Index from = kNone;
    };
    /// An interval lies before it by its start, then its id; `any_id` comes behind all ids.
    struct Limit {
        std::int64_t start_ns = 0;
        std::string_view id;
        bool any_id = false;
    };

    [[nodiscard]] static bool is_before(const Interval& interval, const Limit& limit);
    void renew(Index at);
    [[nodiscard]] Halves split(Index at, const Limit& limit);
    [[nodiscard]] Index merge(Index left, Index right);
    [[nodiscard]] Index without_first(Index at);
    [[nodiscard]] Index latest(Index at, const Limit& limit, std::int64_t open_ns) const;

    std::vector<Node> nodes_;
    std::vector<Index> free_;
    Index root_ = kNone;
};

}  // namespace tailer
