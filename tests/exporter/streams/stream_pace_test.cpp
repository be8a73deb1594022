// SPDX-License-Identifier: MIT
#include "exporter/streams/stream_pace.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(StreamPaceTest, LetsTheFirstPushGoAtOnce) {
    const test_support::FakeClock clock;
    const StreamPace pace(1);
    EXPECT_LE(pace.next_push(), clock.steady());
}

TEST(StreamPaceTest, MakesTheNextPushWaitUntilTheLastIsPaidFor) {
    const test_support::FakeClock clock;
    StreamPace pace(1U << 20U);
    pace.pushed(512U << 10U, clock.steady());
    EXPECT_EQ(pace.next_push(), clock.steady() + milliseconds(500));
}

TEST(StreamPaceTest, KeepsALongRunBelowTheRate) {
    test_support::FakeClock clock;
    StreamPace pace(1'000'000);
    const auto begun = clock.steady();
    std::size_t bytes = 0;
    for (std::size_t size = 1; size < 400'000; size += 999) {
        clock.advance(pace.next_push() > clock.steady() ? pace.next_push() - clock.steady()
                                                        : seconds(0));
        pace.pushed(size, clock.steady());
        bytes += size;
    }
    const std::chrono::duration<double> took = pace.next_push() - begun;
    EXPECT_GE(took.count(), static_cast<double>(bytes) / 1'000'000 - 0.001);
}

TEST(StreamPaceTest, WithoutARateNothingWaits) {
    const test_support::FakeClock clock;
    StreamPace pace(0);
    pace.pushed(1U << 30U, clock.steady());
    EXPECT_LE(pace.next_push(), clock.steady());
}

}  // namespace
}  // namespace exporter
