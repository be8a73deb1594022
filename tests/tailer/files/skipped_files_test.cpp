// SPDX-License-Identifier: MIT
#include "tailer/files/skipped_files.h"

#include <string>

#include <gtest/gtest.h>

namespace tailer {
namespace {

void scan(SkippedFiles& files, int fifos, int names = 0) {
    files.begin_scan(0);
    for (int i = 0; i < fifos; ++i) {
        files.seen_in_scan(0, SkipReason::NotRegular, "fifo" + std::to_string(i));
    }
    for (int i = 0; i < names; ++i) {
        files.seen_in_scan(0, SkipReason::Name, "name" + std::to_string(i));
    }
    files.end_scan(0);
}

TEST(SkippedFilesTest, WhatStaysIsCountedOnce) {
    SkippedFiles files(1);
    for (int i = 0; i < 3; ++i) {
        scan(files, 2, 50'000);
    }
    EXPECT_EQ(files.count(SkipReason::NotRegular), 2U);
    EXPECT_EQ(files.count(SkipReason::Name), 50'000U);
    scan(files, 5, 50'000);
    EXPECT_EQ(files.count(SkipReason::NotRegular), 5U);
    scan(files, 0);
    scan(files, 1);
    EXPECT_EQ(files.count(SkipReason::NotRegular), 6U);
}

TEST(SkippedFilesTest, WhatIsSeenBetweenTwoScansIsCountedOnceToo) {
    SkippedFiles files(1);
    scan(files, 1);
    files.seen_alone(0, SkipReason::NotRegular, "fifo0");
    EXPECT_EQ(files.count(SkipReason::NotRegular), 1U) << "the scan has seen it";
    files.seen_alone(0, SkipReason::NotRegular, "fifo1");
    files.seen_alone(0, SkipReason::NotRegular, "fifo1");
    EXPECT_EQ(files.count(SkipReason::NotRegular), 2U);
    scan(files, 2);
    EXPECT_EQ(files.count(SkipReason::NotRegular), 2U);
    files.at_open(0, SkipReason::Swapped, "fifo1");
    EXPECT_EQ(files.count(SkipReason::Swapped), 1U);
}

TEST(SkippedFilesTest, TellsTheFirstOfEachKindOnce) {
    SkippedFiles files(2);
    scan(files, 2, 3);
    files.seen_alone(1, SkipReason::ForeignOwner, "theirs", 1234);
    files.seen_alone(1, SkipReason::ForeignOwner, "theirs too", 5678);
    files.at_open(1, SkipReason::Unreadable, "closed");
    const auto first = files.take_first();
    ASSERT_EQ(first.size(), 3U) << "a name that is no log's is nothing to tell";
    EXPECT_EQ(first[0].reason, SkipReason::NotRegular);
    EXPECT_EQ(first[0].name, "fifo0");
    EXPECT_EQ(first[1].folder, 1U);
    EXPECT_EQ(first[1].name, "theirs");
    EXPECT_EQ(first[1].owner, 1234U);
    EXPECT_EQ(first[2].reason, SkipReason::Unreadable);
    scan(files, 9);
    files.seen_alone(0, SkipReason::ForeignOwner, "theirs again", 1234);
    EXPECT_TRUE(files.take_first().empty());
}

}  // namespace
}  // namespace tailer
