// SPDX-License-Identifier: MIT
// Segments that are named, gone, damaged or not to be read now.
#include <cerrno>
#include <filesystem>

#include "tests/exporter/spool_fixture.h"

namespace exporter {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test_support::answered;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LokiExporterLostSegmentTest : public SpoolTest {};

TEST_F(LokiExporterLostSegmentTest, NamesEachSegmentWithWhatItHolds) {
    open_spool();
    start();
    add_numbered(0, "s");
    add_numbered(1, "s");
    exporter_->spool_all();
    exporter_->checkpoint_saved();
    add_numbered(3, "s");
    exporter_->spool_all();
    EXPECT_THAT(named(), ElementsAre("1 s 0-1", "2 s 3"));
    EXPECT_THAT(unsaved(), ElementsAre("2 s 3"));
    const std::string before = spool_path() + "/00000000000000000001.push.zst";
    fs::resize_file(before, 20);
    run();
    EXPECT_THAT(named(), ElementsAre("1 s 0-1")) << "it is lost, and not accounted for";
    exporter_->backlog().account_for(1);
    EXPECT_THAT(named(), IsEmpty());
    EXPECT_THAT(exporter_->backlog().unnamed(), ElementsAre(1));
}

TEST_F(LokiExporterLostSegmentTest, WhatTheCheckpointNamesAndIsNotThereIsLost) {
    open_spool();
    start();
    add_numbered(0, "s");
    exporter_->spool_all();
    add_numbered(1, "s");
    exporter_->spool_all();
    const auto segments = named_segments();
    fs::remove(spool_path() + "/00000000000000000001.push.zst");
    restart({.segments = segments});
    EXPECT_THAT(events_.segments_lost, SizeIs(1));
    const auto lost = exporter_->backlog().take_lost();
    ASSERT_THAT(lost, SizeIs(1));
    EXPECT_EQ(lost[0].sequence, 1U);
    EXPECT_EQ(lost[0].holds, segments[0].holds);
    EXPECT_THAT(exporter_->backlog().take_lost(), IsEmpty());
    EXPECT_THAT(named(), ElementsAre("1 s 0", "2 s 1"));
    run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("1")) << "the other one is sent";
}

TEST_F(LokiExporterLostSegmentTest, ALostSegmentsNumberIsNotUsedAgain) {
    open_spool();
    start();
    add_numbered(0, "s");
    exporter_->spool_all();
    const auto segments = named_segments();
    fs::remove(spool_path() + "/00000000000000000001.push.zst");
    restart({.newest_segment = 1, .segments = segments});
    add_numbered(1, "s");
    exporter_->spool_all();
    EXPECT_THAT(named(), ElementsAre("1 s 0", "2 s 1"));
    exporter_->backlog().account_for(1);
    EXPECT_THAT(named(), ElementsAre("2 s 1"));
}

TEST_F(LokiExporterLostSegmentTest, AsksLokiForWhatIsReadAgain) {
    open_spool();
    start({.predecessor = Predecessor::Settled});
    loki_.store(kDeny, {at(seconds(0)), "stored with the segment", {}});
    const base::Labels deny = {{"decision", "deny"}, {"job", "boundary"}};
    exporter_->add_again(deny, {at(seconds(0)), "stored with the segment", {}, {1, ++added_}});
    exporter_->add_again(deny, {at(seconds(1)), "not stored", {}, {1, ++added_}});
    flush_and_run();
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("not stored"));
    expect_all_settled();
}

TEST_F(LokiExporterLostSegmentTest, APushOfASegmentThatIsGoneIsGivenTimeToLand) {
    settings_.least_landing = seconds(3);
    open_spool();
    start();
    loki_.refuse_next(test_support::ambiguous());
    add_numbered(0, "s");
    flush_and_run();
    exporter_->spool_all();
    const auto segments = named_segments();
    fs::remove(spool_path() + "/00000000000000000001.push.zst");
    restart({.segments = segments, .predecessor = Predecessor::MayHaveSent});
    exporter_->add_again({{"decision", "deny"}, {"job", "boundary"}},
                         {at(seconds(0)), "0", {}, {1, ++added_}});
    exporter_->flush();
    run_for(std::chrono::milliseconds(2'900));
    EXPECT_EQ(loki_.queries(), 0U);
    loki_.store(kDeny, {at(seconds(0)), "0", {}});
    run_for(seconds(1));
    EXPECT_EQ(loki_.queries(), 1U);
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
    EXPECT_TRUE(exporter_->idle());
}

TEST_F(LokiExporterLostSegmentTest, WhatIsReadAgainGoesWhereItsSegmentWasToGo) {
    open_spool();
    start({.predecessor = Predecessor::Settled});
    loki_.answer_queries(test_support::answered(403));
    add(kDenyStream, seconds(0), "new");
    flush_and_run();
    exporter_->add_again({{"decision", "deny"}, {"job", "boundary"}},
                         {at(-hours(3)), "old", {}, {1, ++added_}});
    flush_and_run();
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("new", "old"));
}

TEST_F(LokiExporterLostSegmentTest, WhatIsReadAgainIsNotTakenForDurableByItsOrigin) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "a");
    exporter_->spool_all();
    EXPECT_THAT(settled(), ElementsAre(1));
    restart({.predecessor = Predecessor::MayHaveSent});
    exporter_->add_again({{"decision", "deny"}, {"job", "boundary"}},
                         {at(seconds(0)), "a", {}, {1, 2}});
    EXPECT_THAT(settled(), ElementsAre(1)) << "only Loki can say so";
}

TEST_F(LokiExporterLostSegmentTest, ReportsASegmentThatWasDamagedAndGoesOn) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "lost");
    exporter_->spool_all();
    add(kDenyStream, seconds(1), "next");
    exporter_->spool_all();
    fs::resize_file(spool_path() + "/00000000000000000001.push.zst", 20);
    run_for(minutes(1));
    EXPECT_THAT(events_.segments_lost, ElementsAre(testing::HasSubstr("damaged zstd frame")));
    EXPECT_THAT(events_.disk_troubles, IsEmpty()) << "nothing stays in memory";
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("next"));
    EXPECT_EQ(files_in_spool(), 1U) << "kept to be looked at";
    EXPECT_EQ(spool_->segments(), 0U) << "and no longer waiting";
    EXPECT_EQ(spool_->bytes(), 0U);
    EXPECT_TRUE(exporter_->idle());
}

TEST_F(LokiExporterLostSegmentTest, ASegmentThatVanishedDoesNotHoldUpTheOthers) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "lost");
    exporter_->spool_all();
    add(kDenyStream, seconds(1), "next");
    exporter_->spool_all();
    fs::remove(spool_path() + "/00000000000000000001.push.zst");
    run_for(minutes(1));
    EXPECT_THAT(events_.segments_lost, SizeIs(1));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("next"));
    EXPECT_EQ(spool_->segments(), 0U);
    EXPECT_EQ(spool_->bytes(), 0U);
}

TEST_F(LokiExporterLostSegmentTest, TriesASegmentAgainThatCannotBeReadNow) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "a");
    exporter_->spool_all();
    const std::string segment = spool_path() + "/00000000000000000001.push.zst";
    fs::rename(segment, spool_path() + "/elsewhere");
    fs::create_directory(segment);
    run_for(minutes(1));
    EXPECT_FALSE(events_.segments_unread.empty());
    EXPECT_FALSE(exporter_->idle());
    fs::remove(segment);
    fs::rename(spool_path() + "/elsewhere", segment);
    run_for(minutes(1));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("a"));
    EXPECT_TRUE(exporter_->idle());
    EXPECT_THAT(events_.segments_lost, IsEmpty());
}

TEST_F(LokiExporterLostSegmentTest, GivesUpASegmentThatCannotBeReadForLong) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "a");
    exporter_->spool_all();
    add(kDenyStream, seconds(1), "next");
    exporter_->spool_all();
    const std::string segment = spool_path() + "/00000000000000000001.push.zst";
    fs::remove(segment);
    fs::create_directory(segment);
    run_for(minutes(3));
    EXPECT_GE(events_.segments_unread.size(), 4U);
    EXPECT_THAT(events_.segments_lost, SizeIs(1));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("next"));
}

TEST(UnreadTest, WaitsAsLongAsItTakesForWhatIsNoTroubleOfTheSegment) {
    Unread unread;
    base::SteadyTime now{};
    for (int i = 0; i < 1'000; ++i, now += seconds(60)) {
        ASSERT_TRUE(unread.tries_again(EMFILE, now));
    }
    EXPECT_TRUE(unread.tries_again(EIO, now));
    EXPECT_FALSE(unread.tries_again(0, now)) << "damaged";
    EXPECT_FALSE(unread.tries_again(ENOENT, now)) << "gone";
}

}  // namespace
}  // namespace exporter
