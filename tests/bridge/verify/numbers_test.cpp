// SPDX-License-Identifier: MIT
#include "bridge/verify/numbers.h"

#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridge::verify {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(NumberSetTest, KeepsRuns) {
    NumberSet numbers;
    for (const std::uint64_t number : {5U, 3U, 4U, 9U, 0U}) {
        EXPECT_TRUE(numbers.insert(number));
    }
    EXPECT_FALSE(numbers.insert(4));
    EXPECT_THAT(numbers.runs(), ElementsAre(Pair(0, 0), Pair(3, 5), Pair(9, 9)));
    EXPECT_EQ(numbers.size(), 5U);
    EXPECT_EQ(numbers.lowest(), 0U);
    EXPECT_EQ(numbers.highest(), 9U);
}

TEST(NumberSetTest, TakesTheLargestNumber) {
    NumberSet numbers;
    EXPECT_TRUE(numbers.insert(UINT64_MAX));
    EXPECT_TRUE(numbers.insert(UINT64_MAX - 1));
    EXPECT_FALSE(numbers.insert(UINT64_MAX));
    numbers.insert_run({7, UINT64_MAX});
    EXPECT_THAT(numbers.runs(), ElementsAre(Pair(7, UINT64_MAX)));
}

TEST(NumberSetTest, IsASetWhateverTheOrder) {
    std::mt19937 dice(7);
    for (int round = 0; round < 200; ++round) {
        std::array<NumberSet, 2> numbers;
        std::array<std::set<std::uint64_t>, 2> truth;
        for (int i = 0; i < 60; ++i) {
            const std::size_t which = dice() % 2;
            const std::uint64_t number = dice() % 50;
            EXPECT_EQ(numbers.at(which).insert(number), truth.at(which).insert(number).second);
        }
        bool meet = false;
        for (const auto number : truth[0]) {
            meet = meet || truth[1].contains(number);
        }
        EXPECT_EQ(numbers[0].meets(numbers[1]), meet);
        numbers[0].merge(numbers[1]);
        truth[0].merge(truth[1]);
        EXPECT_EQ(numbers[0].size(), truth[0].size());
        for (std::uint64_t number = 0; number < 50; ++number) {
            EXPECT_EQ(numbers[0].contains(number), truth[0].contains(number));
        }
    }
}

TEST(NamedNumbersTest, CountsAllAndNamesTheFirst) {
    NamedNumbers numbers;
    for (std::uint64_t i = 0; i < 5'000; ++i) {
        numbers.add(2 * i);
    }
    numbers.add(0);
    EXPECT_EQ(numbers.count(), 5'001U);
    EXPECT_EQ(numbers.runs().size(), NamedNumbers::kMostRuns);
}

}  // namespace
}  // namespace bridge::verify
