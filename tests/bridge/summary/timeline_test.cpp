// SPDX-License-Identifier: MIT
#include "bridge/summary/timeline.h"

#include <cstdint>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bridge/summary/records.h"

namespace bridge {
namespace {

using test_support::kSecondNs;
using testing::ElementsAre;
using testing::Pair;

constexpr std::int64_t kDay = 86'400;

Timeline::Counts sum(const TimelineColumns& drawn) {
    Timeline::Counts total;
    for (const auto& column : drawn.columns) {
        total.allow += column.counts.allow;
        total.deny += column.counts.deny;
    }
    return total;
}

std::size_t cuts(const TimelineColumns& drawn) {
    return static_cast<std::size_t>(
        std::ranges::count(drawn.columns, true, &TimelineColumns::Column::cut));
}

TEST(TimelineTest, CountsByTheSecondAndKeepsNoEmptyBucket) {
    Timeline timeline;
    timeline.add(10 * kSecondNs, true);
    timeline.add(10 * kSecondNs + 999'999'999, false);
    timeline.add(3600 * kSecondNs, true);
    EXPECT_EQ(timeline.step_seconds(), 1);
    EXPECT_THAT(timeline.buckets(),
                ElementsAre(Pair(10, Timeline::Counts{1, 1}), Pair(3600, Timeline::Counts{1, 0})));
}

TEST(TimelineTest, PutsAnInstantBefore1970IntoTheSecondItLiesIn) {
    Timeline timeline;
    timeline.add(-1, true);
    EXPECT_THAT(timeline.buckets(), ElementsAre(Pair(-1, Timeline::Counts{1, 0})));
}

TEST(TimelineTest, GrowsCoarserInsteadOfLargerAndLosesNothing) {
    Timeline timeline;
    for (std::int64_t i = 0; i < 100'000; ++i) {
        timeline.add(i * 7 * kSecondNs, i % 3 == 0);
        ASSERT_LE(timeline.buckets().size(), Timeline::kMostBuckets);
    }
    EXPECT_EQ(timeline.step_seconds(), 300);
    EXPECT_EQ(sum(lay_out(timeline, 80)), (Timeline::Counts{33'334, 66'666}));
}

TEST(TimelineTest, HoldsAllTheTimeThereIs) {
    Timeline timeline;
    constexpr std::int64_t kStep = std::numeric_limits<std::int64_t>::max() / 50'000;
    for (std::int64_t i = -50'000; i <= 50'000; ++i) {
        timeline.add(i * kStep, true);
    }
    timeline.add(std::numeric_limits<std::int64_t>::min(), false);
    timeline.add(std::numeric_limits<std::int64_t>::max(), false);
    EXPECT_LE(timeline.buckets().size(), Timeline::kMostBuckets);
    for (const std::size_t most : {20U, 80U, 200U}) {
        const auto drawn = lay_out(timeline, most);
        EXPECT_LE(drawn.columns.size(), most);
        EXPECT_EQ(sum(drawn), (Timeline::Counts{100'001, 2}));
    }
}

TEST(LayOutTest, DrawsNothingOfNothing) { EXPECT_TRUE(lay_out(Timeline(), 80).columns.empty()); }

TEST(LayOutTest, DrawsEverySecondWhileThereIsRoom) {
    Timeline timeline;
    timeline.add(0, true);
    timeline.add(79 * kSecondNs, false);
    const auto drawn = lay_out(timeline, 80);
    EXPECT_EQ(drawn.step_seconds, 1);
    EXPECT_EQ(drawn.columns.size(), 80U);
    EXPECT_EQ(drawn.columns.front().counts, (Timeline::Counts{1, 0}));
    EXPECT_EQ(drawn.columns.back().counts, (Timeline::Counts{0, 1}));
    EXPECT_EQ(cuts(drawn), 0U);
}

TEST(LayOutTest, TakesTheFinestRoundStepThatFits) {
    Timeline timeline;
    for (std::int64_t minute = 0; minute < 24 * 60; ++minute) {
        timeline.add(minute * 60 * kSecondNs, true);
    }
    const auto drawn = lay_out(timeline, 80);
    EXPECT_EQ(drawn.step_seconds, 1200);
    EXPECT_EQ(drawn.columns.size(), 72U);
    EXPECT_EQ(cuts(drawn), 0U);
    EXPECT_EQ(drawn.columns[1].start_seconds, 1200);
    EXPECT_EQ(drawn.columns[1].counts.allow, 20U);
}

TEST(LayOutTest, CutsASilenceThatWouldDwarfTheRest) {
    Timeline timeline;
    timeline.add(0, true);
    timeline.add(5 * kSecondNs, true);
    timeline.add((100 * kDay + 3) * kSecondNs, false);
    const auto drawn = lay_out(timeline, 80);
    EXPECT_EQ(drawn.step_seconds, 1);
    ASSERT_EQ(drawn.columns.size(), 8U);
    EXPECT_TRUE(drawn.columns[6].cut);
    EXPECT_EQ(drawn.columns[7].start_seconds, 100 * kDay + 3);
    EXPECT_EQ(sum(drawn), (Timeline::Counts{2, 1}));
}

TEST(LayOutTest, KeepsSilencesOfADayThatHasManyOfThem) {
    Timeline timeline;
    for (std::int64_t hour = 0; hour < 24; hour += 3) {
        timeline.add(hour * 3600 * kSecondNs, true);
    }
    EXPECT_EQ(cuts(lay_out(timeline, 40)), 0U);
}

TEST(LayOutTest, CutsThreeTimesAtMost) {
    Timeline timeline;
    std::int64_t at = 1;
    for (int i = 0; i < 12; ++i) {
        timeline.add(at * kSecondNs, true);
        at *= 5;
    }
    const auto drawn = lay_out(timeline, 30);
    EXPECT_EQ(cuts(drawn), 3U);
    EXPECT_LE(drawn.columns.size(), 30U);
    EXPECT_EQ(sum(drawn).allow, 12U);
}

}  // namespace
}  // namespace bridge
