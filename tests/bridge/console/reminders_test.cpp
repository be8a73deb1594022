// SPDX-License-Identifier: MIT
#include "bridge/console/reminders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridge {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;

TEST(RemindersTest, TellAtOnceThenOnceAMinuteWithTheNumber) {
    Reminders reminders;
    base::SteadyTime now{std::chrono::hours(5)};
    reminders.note("what", "a");
    const auto first = reminders.take_due(now);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].count, 1U);
    for (int i = 0; i < 1'000; ++i) {
        reminders.note("what", "a", std::to_string(i), 2);
        now += std::chrono::milliseconds(59);
        EXPECT_THAT(reminders.take_due(now), IsEmpty()) << i;
    }
    now += seconds(1);
    const auto second = reminders.take_due(now);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].what, "what");
    EXPECT_EQ(second[0].reason, "a");
    EXPECT_EQ(second[0].detail, "999");
    EXPECT_EQ(second[0].count, 2'000U);
    EXPECT_EQ(second[0].so_far, 2'001U);
    EXPECT_THAT(reminders.take_due(now + seconds(600)), IsEmpty()) << "nothing new";
}

TEST(RemindersTest, TellEachKindByItself) {
    Reminders reminders;
    const base::SteadyTime now{std::chrono::hours(5)};
    reminders.note("what", "a");
    EXPECT_EQ(reminders.take_due(now).size(), 1U);
    reminders.note("what", "a");
    reminders.note("what", "b");
    reminders.note("else", "a");
    reminders.note("none", "a", {}, 0);
    EXPECT_EQ(reminders.take_due(now).size(), 2U);
    EXPECT_EQ(reminders.take_due(now + seconds(60)).size(), 1U);
}

}  // namespace
}  // namespace bridge
