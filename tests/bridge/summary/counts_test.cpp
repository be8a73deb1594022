// SPDX-License-Identifier: MIT
#include "bridge/summary/counts.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridge {
namespace {

using testing::ElementsAre;

using Count = BoundedCounts::Count;

TEST(BoundedCountsTest, GivesTheHighestFirstAndEqualOnesByKey) {
    BoundedCounts counts(10);
    for (const char* key : {"b", "a", "c", "c", ""}) {
        counts.add(key);
    }
    EXPECT_THAT(counts.sorted(),
                ElementsAre(Count{"c", 2}, Count{"", 1}, Count{"a", 1}, Count{"b", 1}));
    EXPECT_EQ(counts.other(), 0U);
}

TEST(BoundedCountsTest, HoldsAFewKeysOfAMillionAndLosesNoCount) {
    BoundedCounts counts(1000);
    for (int i = 0; i < 1'000'000; ++i) {
        counts.add(std::to_string(i) + ".junk.example");
        ASSERT_LE(counts.size(), 2000U);
    }
    std::uint64_t kept = 0;
    for (const auto& [key, count] : counts.sorted()) {
        kept += count;
    }
    EXPECT_EQ(kept + counts.other(), 1'000'000U);
    EXPECT_GT(counts.other(), 0U);
}

TEST(BoundedCountsTest, FindsAKeyThatTurnsUpOftenBehindAFloodOfJunk) {
    BoundedCounts counts(100);
    for (int i = 0; i < 100'000; ++i) {
        counts.add(std::to_string(i) + ".junk.example");
        if (i > 50'000 && i % 20 == 0) {
            counts.add("evil.example");
        }
    }
    EXPECT_EQ(counts.sorted().front().key, "evil.example");
    EXPECT_GT(counts.sorted().front().count, 2400U);
}

TEST(BoundedCountsTest, CutsAKeyThatIsTooLong) {
    BoundedCounts counts(10);
    counts.add(std::string(1'000'000, 'x'));
    EXPECT_EQ(counts.sorted().front().key, std::string(BoundedCounts::kKeyBytes, 'x'));
}

}  // namespace
}  // namespace bridge
