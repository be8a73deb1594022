// SPDX-License-Identifier: MIT
#include <filesystem>

#include "exporter/loki/push_request.h"
#include "exporter/loki/stream_labels.h"
#include "tests/exporter/spool_fixture.h"

namespace exporter {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;
using std::chrono::seconds;
using test_support::answered;
using test_support::SeenPush;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LokiExporterSpoolTest : public SpoolTest {};

TEST_F(LokiExporterSpoolTest, MovesToTheSpoolWhatCouldNotBeSentForAWhile) {
    open_spool();
    start();
    take_loki_away();
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(settings_.spool_after - Milliseconds(500));
    EXPECT_THAT(settled(), IsEmpty());
    EXPECT_EQ(spool_->segments(), 0U);
    run_for(minutes(1));
    EXPECT_EQ(spool_->segments(), 1U);
    EXPECT_FALSE(exporter_->idle()) << "it is durable, yet not delivered";
    expect_all_settled();
}

TEST_F(LokiExporterSpoolTest, SendsTheSpoolOldestFirstAndWhatCameLaterAfterIt) {
    open_spool();
    start();
    take_loki_away();
    std::vector<std::string> lines;
    for (int i = 0; i < 5; ++i) {
        lines.push_back("spooled " + std::to_string(i));
        add(kDenyStream, seconds(i), lines.back());
        exporter_->flush();
        run_for(minutes(1));
    }
    EXPECT_EQ(spool_->segments(), 5U);
    for (int i = 0; i < 3; ++i) {
        lines.push_back("in memory " + std::to_string(i));
        add(kDenyStream, seconds(10 + i), lines.back());
        exporter_->flush();
    }
    bring_loki_back();
    run_for(minutes(2));
    EXPECT_EQ(sent_lines(kDeny), lines);
    EXPECT_EQ(loki_.lines(kDeny), lines);
    EXPECT_EQ(spool_->segments(), 0U);
    EXPECT_EQ(spool_->bytes(), 0U);
    EXPECT_EQ(files_in_spool(), 0U);
    EXPECT_TRUE(exporter_->idle());
    expect_all_settled();
}

TEST_F(LokiExporterSpoolTest, KeepsInMemoryWhatAFullSpoolDoesNotTake) {
    open_spool(4'096 + 100);
    start();
    take_loki_away();
    for (int i = 0; i < 5; ++i) {
        add(kDenyStream, seconds(i), "line " + std::to_string(i));
        exporter_->flush();
    }
    run_for(minutes(2));
    EXPECT_EQ(spool_->segments(), 1U);
    EXPECT_THAT(settled(), ElementsAre(1));
    EXPECT_GT(exporter_->in_flight_bytes(), 0U);
    EXPECT_FALSE(events_.disk_troubles.empty());
    bring_loki_back();
    run_for(minutes(2));
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("line 0", "line 1", "line 2", "line 3", "line 4"));
    EXPECT_EQ(spool_->segments(), 0U);
    expect_all_settled();
}

TEST_F(LokiExporterSpoolTest, WaitsInMemoryWhereThereIsNoSpool) {
    start();
    take_loki_away();
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(minutes(10));
    exporter_->spool_all();
    EXPECT_THAT(settled(), IsEmpty());
    bring_loki_back();
    run_for(minutes(1));
    expect_all_settled();
}

TEST_F(LokiExporterSpoolTest, SpoolsAllThatIsLeftWhenAsked) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "still open");
    add(kAllowStream, seconds(0), "sealed");
    exporter_->flush();
    add(kAllowStream, seconds(1), "open, too");
    exporter_->spool_all();
    expect_all_settled();
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    EXPECT_EQ(spool_->segments(), 3U);
    EXPECT_EQ(exporter_->high_water().at(kDeny), at(seconds(0)));
}

TEST_F(LokiExporterSpoolTest, SendsWhatAnEarlierProcessLeftButAsksFirst) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "sent before the crash");
    add(kDenyStream, seconds(1), "not sent");
    exporter_->spool_all();
    loki_.store(kDeny, {at(seconds(0)), "sent before the crash", {}});
    restart();
    EXPECT_FALSE(exporter_->idle());
    run();
    EXPECT_EQ(loki_.queries(), 1U);
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("not sent"));
    EXPECT_EQ(files_in_spool(), 0U);
    EXPECT_TRUE(exporter_->idle());
    EXPECT_EQ(exporter_->high_water().at(kDeny), at(seconds(1)));
}

TEST_F(LokiExporterSpoolTest, AsksForNothingThatNobodyCanHaveSent) {
    open_spool();
    start();
    take_loki_away();
    for (int i = 0; i < 3; ++i) {
        add(kDenyStream, seconds(i), std::to_string(i));
        exporter_->flush();
        run_for(minutes(1));
    }
    EXPECT_EQ(spool_->segments(), 3U);
    bring_loki_back();
    run_for(minutes(2));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("0", "1", "2"));
    EXPECT_EQ(loki_.queries(), 0U);
}

TEST_F(LokiExporterSpoolTest, AsksForASegmentOfWhichAPushWasLost) {
    open_spool();
    start();
    loki_.refuse_next(test_support::ambiguous());
    add(kDenyStream, seconds(0), "sent from memory");
    flush_and_run();
    exporter_->spool_all();
    run_for(minutes(1));
    EXPECT_EQ(loki_.queries(), 1U);
    add(kDenyStream, seconds(1), "sent from the spool");
    exporter_->spool_all();
    loki_.refuse_next(test_support::ambiguous());
    run();
    run_for(minutes(1));
    EXPECT_EQ(loki_.queries(), 3U) << "for this one, and for what was stored before";
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("sent from memory", "sent from the spool"));
}

TEST_F(LokiExporterSpoolTest, AsksForASegmentOfWhichAPushWasRefused) {
    // Loki may have taken a part of what it refused, as it does of what it limits entry by entry.
    open_spool();
    start();
    loki_.refuse_next(test_support::answered(429, "ingestion rate limit exceeded"));
    add(kDenyStream, seconds(0), "a");
    flush_and_run();
    take_loki_away();
    run_for(minutes(1));
    ASSERT_EQ(spool_->segments(), 1U);
    bring_loki_back();
    loki_.store(kDeny, {at(seconds(0)), "a", {}});
    const std::size_t asked = loki_.queries();
    run_for(minutes(2));
    EXPECT_EQ(loki_.queries(), asked + 1);
    EXPECT_THAT(loki_.rows().at(kDeny), ElementsAre(testing::Pair(testing::_, 1)));
    EXPECT_TRUE(exporter_->idle());
}

TEST_F(LokiExporterSpoolTest, SendsFoundSegmentsBeforeNewEntries) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "old");
    exporter_->spool_all();
    restart();
    add(kDenyStream, seconds(1), "new");
    flush_and_run();
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("old", "new"));
}

TEST_F(LokiExporterSpoolTest, SendsASegmentOnlyOnceACheckpointCoversIt) {
    open_spool();
    start();
    EXPECT_FALSE(exporter_->wants_checkpoint());
    add(kDenyStream, seconds(0), "a");
    exporter_->spool_all();
    EXPECT_TRUE(exporter_->wants_checkpoint());
    checkpoints_ = false;
    run_for(minutes(5));
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    EXPECT_EQ(exporter_->work(), base::SteadyTime::max()) << "nothing to wait for but that";
    exporter_->checkpoint_saved();
    EXPECT_FALSE(exporter_->wants_checkpoint());
    add(kDenyStream, seconds(1), "b");
    exporter_->spool_all();
    run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("a")) << "the next one is covered by none";
}

TEST_F(LokiExporterSpoolTest, SettlesWhatIsReadAgainAndLiesInTheSpoolAlready) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "spooled before the crash");
    exporter_->spool_all();
    expect_all_settled();
    restart({.predecessor = Predecessor::MayHaveSent});
    add(kDenyStream, seconds(0), "spooled before the crash");
    add(kDenyStream, seconds(1), "not spooled");
    EXPECT_THAT(settled(), ElementsAre(1, 2));
    exporter_->end_doubt();
    flush_and_run();
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("spooled before the crash", "not spooled"));
    expect_all_settled();
}

TEST_F(LokiExporterSpoolTest, SendsSegmentsOfStreamsThatAreNoLongerConfigured) {
    open_spool();
    std::string entries;
    append_entry(entries, {at(seconds(0)), "of another template", {}, {}});
    const std::string stream = R"({job="boundary", template_name="old \"one\""})";
    ASSERT_TRUE(spool_->add(stream, entries).has_value());
    start();
    restart();
    run();
    EXPECT_THAT(loki_.lines(stream), ElementsAre("of another template"));
    EXPECT_EQ(spool_->segments(), 0U);
}

TEST_F(LokiExporterSpoolTest, LeavesMetadataOutOfSpooledBatchesToo) {
    open_spool();
    start();
    const std::vector<base::LabelView> metadata = {{"domain", "h.example"}};
    add(kDenyStream, at(seconds(0)), "a", metadata);
    exporter_->spool_all();
    loki_.refuse_next(
        answered(400, "includes structured metadata, but this feature is disallowed"));
    run();
    ASSERT_THAT(loki_.pushes(), SizeIs(2));
    EXPECT_THAT(loki_.pushes()[1].entries.at(0).metadata, IsEmpty());
    EXPECT_EQ(spool_->segments(), 0U);
}

TEST_F(LokiExporterSpoolTest, ASegmentLeavesTheDiskOnlyOnceAllItsPartsAreStored) {
    open_spool();
    start();
    const auto lines = add_many(kDenyStream, 20, 100);
    exporter_->spool_all();
    int pushes = 0;
    loki_.set_rule([&](const SeenPush& push) {
        ++pushes;
        EXPECT_EQ(spool_->segments(), 1U) << "push " << pushes;
        return push.entries.size() > 5 ? answered(413) : loki_.store(push);
    });
    run();
    EXPECT_GT(pushes, 4);
    EXPECT_EQ(loki_.lines(kDeny), lines);
    EXPECT_EQ(spool_->segments(), 0U);
}

TEST_F(LokiExporterSpoolTest, ASegmentLeavesTheDiskBehindTheCheckpointThatNamesItNoMore) {
    send_a_segment_without_a_checkpoint_after();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("a"));
    EXPECT_TRUE(exporter_->idle());
    EXPECT_EQ(files_in_spool(), 1U);
    EXPECT_THAT(named(), IsEmpty());
    EXPECT_THAT(exporter_->backlog().unnamed(), ElementsAre(1));
    exporter_->checkpoint_saved();
    EXPECT_EQ(files_in_spool(), 0U);
    EXPECT_EQ(spool_->segments(), 0U);
    EXPECT_THAT(exporter_->backlog().unnamed(), IsEmpty());
}

TEST_F(LokiExporterSpoolTest, WhatIsDoneMakesRoomOnADiskThatTakesNoCheckpoint) {
    send_a_segment_without_a_checkpoint_after();
    exporter_->backlog().checkpoint_failed();
    EXPECT_EQ(files_in_spool(), 0U);
    EXPECT_THAT(exporter_->backlog().unnamed(), ElementsAre(1)) << "the next one has to say it";
}

TEST_F(LokiExporterSpoolTest, KeepsInMemoryWhatTheDiskDoesNotTake) {
    open_spool();
    start();
    take_loki_away();
    fs::remove_all(spool_path());
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(minutes(1));
    exporter_->spool_all();
    EXPECT_THAT(settled(), IsEmpty());
    EXPECT_FALSE(events_.disk_troubles.empty());
    bring_loki_back();
    run_for(minutes(1));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("a"));
    expect_all_settled();
}

TEST_F(LokiExporterSpoolTest, SendsNothingUnderAnothersLabels) {
    open_spool();
    const auto plant = [this](const base::Labels& labels, std::string_view line) {
        std::string entries;
        append_entry(entries, {at(seconds(0)), line, {}, {}});
        ASSERT_TRUE(spool_->add(stream_labels_text(labels), entries));
    };
    plant({{"decision", "deny"}, {"job", "boundary"}, {"owner", "me"}, {"tool", "x"}}, "ours");
    plant({{"decision", "deny"}, {"job", "boundary"}, {"late", "2026"}, {"owner", "me"}}, "late");
    plant({{"decision", "deny"}, {"job", "boundary"}}, "of fewer labels");
    plant({{"decision", "deny"}, {"job", "boundary"}, {"owner", "you"}}, "of another owner");
    plant({{"decision", "deny"}, {"job", "other"}, {"owner", "me"}}, "of another job");
    plant({{"evil", "1"}, {"job", "boundary"}, {"owner", "me"}}, "of a label more");
    settings_.own_labels = {{"job", "boundary"}, {"owner", "me"}, {"agent_name", ""}};
    restart();
    run_for(minutes(1));
    EXPECT_THAT(loki_.all_lines(),
                testing::UnorderedElementsAre("ours", "late", "of fewer labels"));
    EXPECT_THAT(exporter_->foreign_segments(),
                ElementsAre(R"({decision="deny", job="boundary", owner="you"})",
                            R"({decision="deny", job="other", owner="me"})",
                            R"({evil="1", job="boundary", owner="me"})"));
    EXPECT_EQ(files_in_spool(), 3U) << "they stay, for whoever has those labels";

    settings_.own_labels[1].second = "you";
    restart();
    run_for(minutes(1));
    EXPECT_THAT(loki_.all_lines(), testing::Contains("of another owner"));
    EXPECT_EQ(files_in_spool(), 2U);
}

}  // namespace
}  // namespace exporter
