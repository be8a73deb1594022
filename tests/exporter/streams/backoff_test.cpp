// SPDX-License-Identifier: MIT
#include "exporter/streams/backoff.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace exporter {
namespace {

using std::chrono::milliseconds;

TEST(BackoffTest, StaysBetweenTheShortestWaitAndABoundThatDoublesToTheCap) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Backoff backoff(seed);
        milliseconds bound = Backoff::kFirst;
        for (int i = 0; i < 20; ++i) {
            const milliseconds wait = backoff.next();
            ASSERT_GE(wait, Backoff::kShortest);
            ASSERT_LE(wait, bound);
            bound = std::min(bound * 2, Backoff::kCap);
        }
    }
}

TEST(BackoffTest, DrawsFromTheWholeRangeSoThatClientsSpread) {
    milliseconds shortest = Backoff::kCap;
    milliseconds longest{0};
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Backoff backoff(seed);
        for (int i = 0; i < 10; ++i) {
            static_cast<void>(backoff.next());
        }
        const milliseconds wait = backoff.next();
        shortest = std::min(shortest, wait);
        longest = std::max(longest, wait);
    }
    EXPECT_LT(shortest, Backoff::kCap / 50);
    EXPECT_GT(longest, Backoff::kCap - Backoff::kCap / 50);
}

TEST(BackoffTest, NeverGrowsBeyondTheCap) {
    Backoff backoff(1);
    for (int i = 0; i < 100'000; ++i) {
        ASSERT_LE(backoff.next(), Backoff::kCap);
    }
}

TEST(BackoffTest, WhatTookLongIsFollowedByAWaitThatMayBeAsLong) {
    constexpr milliseconds kTook{10'000};
    milliseconds longest{0};
    milliseconds longest_of_second{0};
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Backoff backoff(seed);
        longest = std::max(longest, backoff.next(kTook));
        longest_of_second = std::max(longest_of_second, backoff.next(milliseconds(100)));
        ASSERT_LE(backoff.next(std::chrono::hours(1)), Backoff::kCap);
    }
    EXPECT_LE(longest, kTook);
    EXPECT_GT(longest, kTook - kTook / 50);
    EXPECT_LE(longest_of_second, 2 * kTook);
    EXPECT_GT(longest_of_second, 2 * kTook - kTook / 50);
}

TEST(BackoffTest, StartsAnewAfterAReset) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Backoff backoff(seed);
        for (int i = 0; i < 10; ++i) {
            static_cast<void>(backoff.next());
        }
        backoff.reset();
        ASSERT_LE(backoff.next(), Backoff::kFirst);
    }
}

TEST(BackoffTest, DiffersFromSeedToSeed) {
    std::set<milliseconds> waits;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        waits.insert(Backoff(seed).next());
    }
    EXPECT_GT(waits.size(), 30U);
}

}  // namespace
}  // namespace exporter
