// SPDX-License-Identifier: MIT
// A segment of the spool is gone, and so are the logs that held the same: for now, perhaps.
#include <filesystem>

#include "tests/bridge/daemon/spool_loss_fixture.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::SizeIs;

using PipelineSpoolLossAwayTest = PipelineSpoolLossTest;

TEST_F(PipelineSpoolLossAwayTest, WaitsForAFolderThatMayComeBack) {
    start_and_spool(10);
    stop();
    fs::remove(segments().front());
    fs::rename(logs(), folder_.file("away"));
    start();
    bring_loki_back();
    step_for(Seconds(200));
    EXPECT_EQ(lost(), 0U);
    EXPECT_THAT(saved().segments, SizeIs(1)) << "whoever comes next has to look for it";
    fs::rename(folder_.file("away"), logs());
    ASSERT_TRUE(deliver(10));
    EXPECT_EQ(lost(), 0U);
    expect_every_row_once();
    stop();

    take_loki_away();
    start();
    write(1, decisions(10, 10));
    spool_what_is_there();
    stop();
    fs::remove(segments().front());
    fs::rename(logs(), folder_.file("away"));
    start();
    bring_loki_back();
    step_for(Seconds(100));
    clock_.advance(std::chrono::hours(24));
    ASSERT_TRUE(step_until([&] { return lost() == 10; })) << "at some time it has to be said";
}

TEST_F(PipelineSpoolLossAwayTest, WhatIsKnownByItsOriginIsReadAgainAsSoonAsItsFolderIsBack) {
    take_loki_away();
    start();
    step_for(Seconds(1));  // and is in no doubt
    write(1, allow(milliseconds(0), "in-memory") + allow(-std::chrono::hours(2), "late"));
    ASSERT_TRUE(step_until([&] { return daemon_->state.spool().segments() == 1; }));
    ASSERT_TRUE(step_until([&] { return saved().segments.size() == 1; }));
    ASSERT_GT(daemon_->exporter.in_flight_bytes(), 0U);
    crash();
    fs::remove(segments().front());
    fs::rename(logs(), folder_.file("away"));
    start();
    bring_loki_back();
    step_for(Seconds(100));
    fs::rename(folder_.file("away"), logs());
    ASSERT_TRUE(settles());
    ASSERT_TRUE(deliver(2));
    expect_every_row_once();
    EXPECT_EQ(lost(), 0U);
}

TEST_F(PipelineSpoolLossAwayTest, WaitsAMinuteForLogsInAFolderThatIsEmpty) {
    start_and_spool(10);
    stop();
    fs::remove(segments().front());
    fs::remove(log_file(1));
    start();
    bring_loki_back();
    step_for(Seconds(50));
    EXPECT_EQ(lost(), 0U);
    step_for(Seconds(20));
    EXPECT_EQ(lost(), 10U);
}

TEST_F(PipelineSpoolLossAwayTest, WaitsForAFolderThatIsAwayWhileItRuns) {
    start_and_spool(10);
    fs::rename(logs(), folder_.file("away"));
    fs::remove(segments().front());
    bring_loki_back();
    step_for(Seconds(300));
    EXPECT_EQ(lost(), 0U);
    fs::rename(folder_.file("away"), logs());
    ASSERT_TRUE(deliver(10));
    expect_every_row_once();
}

}  // namespace
}  // namespace bridge
