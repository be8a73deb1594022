// SPDX-License-Identifier: MIT
#include "tailer/lines/millisecond_rank.h"

#include <random>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tailer/collected.h"

namespace tailer {
namespace {

using test_support::kMillisecond;
using test_support::kNoon;

constexpr std::uint64_t kBlock = MillisecondRank::kBlockBytes;
constexpr std::int64_t kBase = 62'500;  // what a block adds

TEST(MillisecondRankTest, TheNthLineOfAMillisecondGetsN) {
    MillisecondRank rank;
    EXPECT_EQ(rank.next(kNoon, 0), 0);
    EXPECT_EQ(rank.next(kNoon, 100), 1);
    EXPECT_EQ(rank.next(kNoon, 200), 2);
    EXPECT_EQ(rank.next(kNoon + kMillisecond, 300), 0);
    EXPECT_EQ(rank.next(kNoon + kMillisecond, 400), 1);
}

TEST(MillisecondRankTest, CountsByMillisecondWhateverTheFraction) {
    MillisecondRank rank;
    EXPECT_EQ(rank.next(kNoon + 5, 0), 0);
    EXPECT_EQ(rank.next(kNoon + 999'999, 100), 1);
    EXPECT_EQ(rank.next(kNoon + kMillisecond, 200), 0);
}

TEST(MillisecondRankTest, TellsMillisecondsApartBeforeTheEpoch) {
    MillisecondRank rank;
    EXPECT_EQ(rank.next(-1, 0), 0);
    EXPECT_EQ(rank.next(0, 100), 0) << "-1 ns and 0 ns lie in different milliseconds";
    EXPECT_EQ(rank.next(-kMillisecond, 200), 1);
    EXPECT_EQ(rank.next(-kMillisecond - 1, 300), 0);
}

TEST(MillisecondRankTest, CountsOnWhenTimeStepsBack) {
    MillisecondRank rank;
    EXPECT_EQ(rank.next(kNoon, 0), 0);
    EXPECT_EQ(rank.next(kNoon + 2 * kMillisecond, 100), 0);
    EXPECT_EQ(rank.next(kNoon, 200), 1);
    EXPECT_EQ(rank.next(kNoon + kMillisecond, 300), 0);
    EXPECT_EQ(rank.next(kNoon + kMillisecond, 400), 1);
    EXPECT_EQ(rank.next(kNoon + 2 * kMillisecond, 500), 1);
    EXPECT_EQ(rank.next(kNoon, 600), 2);
}

TEST(MillisecondRankTest, EachBlockHasItsOwnBase) {
    MillisecondRank rank;
    EXPECT_EQ(rank.next(kNoon, kBlock - 1), 0);
    EXPECT_EQ(rank.next(kNoon, kBlock), kBase);
    EXPECT_EQ(rank.next(kNoon, 2 * kBlock - 1), kBase + 1);
    EXPECT_EQ(rank.next(kNoon, 14 * kBlock), 14 * kBase);
    EXPECT_EQ(rank.next(kNoon, 15 * kBlock), 0) << "bases come round after 15 blocks";
    EXPECT_EQ(rank.next(kNoon, 16 * kBlock), kBase);
}

TEST(MillisecondRankTest, KnowsWhereABlockStarts) {
    EXPECT_EQ(MillisecondRank::block_start(0), 0U);
    EXPECT_EQ(MillisecondRank::block_start(kBlock - 1), 0U);
    EXPECT_EQ(MillisecondRank::block_start(kBlock), kBlock);
    EXPECT_EQ(MillisecondRank::block_start(5 * kBlock + 7), 5 * kBlock);
}

TEST(MillisecondRankTest, ForgetsOnDemand) {
    MillisecondRank rank;
    EXPECT_EQ(rank.next(kNoon, 0), 0);
    EXPECT_EQ(rank.next(kNoon, 100), 1);
    rank.clear();
    EXPECT_EQ(rank.next(kNoon, 0), 0);
}

TEST(MillisecondRankTest, ABlockFullOfTheShortestDecisionsStaysWithinItsMillisecond) {
    // 15 MiB of one millisecond: no two lines get the same nanosecond, none leaves the millisecond.
    constexpr std::uint64_t kShortestDecision = 63;
    MillisecondRank rank;
    std::set<std::int64_t> given;
    std::uint64_t lines = 0;
    for (std::uint64_t offset = 0; offset < 15 * kBlock; offset += kShortestDecision) {
        const std::int64_t add = rank.next(kNoon, offset);
        ASSERT_GE(add, 0);
        ASSERT_LT(add, kMillisecond);
        given.insert(add);
        ++lines;
    }
    EXPECT_EQ(given.size(), lines);
}

TEST(MillisecondRankTest, AReaderThatResumesNeedsNoMoreThanItsBlock) {
    std::mt19937_64 random(4);
    std::uniform_int_distribution<std::int64_t> step(-2, 4);
    std::uniform_int_distribution<std::uint64_t> length(63, 4000);
    std::vector<std::pair<std::int64_t, std::uint64_t>> lines;
    std::int64_t millisecond = 0;
    for (std::uint64_t offset = 0; offset < 5 * kBlock; offset += length(random)) {
        millisecond += step(random) / 4;
        lines.emplace_back(kNoon + millisecond * kMillisecond, offset);
    }
    MillisecondRank from_start;
    std::vector<std::int64_t> expected;
    expected.reserve(lines.size());
    for (const auto& [time_ns, offset] : lines) {
        expected.push_back(from_start.next(time_ns, offset));
    }
    for (std::size_t at = 1; at < lines.size(); at += 97) {
        MillisecondRank resumed;
        const std::uint64_t block = MillisecondRank::block_start(lines[at].second);
        for (std::size_t i = 0; i < lines.size() && i < at + 200; ++i) {
            if (lines[i].second >= block) {
                ASSERT_EQ(resumed.next(lines[i].first, lines[i].second), expected[i]);
            }
        }
    }
}

}  // namespace
}  // namespace tailer
