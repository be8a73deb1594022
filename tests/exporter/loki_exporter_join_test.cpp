// SPDX-License-Identifier: MIT
// What waited bit by bit, in memory or in the spool, goes out together.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "tests/exporter/spool_fixture.h"

namespace exporter {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;
using std::chrono::seconds;
using test_support::answered;
using test_support::SeenPush;
using testing::ElementsAre;
using testing::SizeIs;

class LokiExporterJoinTest : public SpoolTest {
protected:
    /// Adds so many lines, one each `apart` in both clocks, each sealed as it comes.
    std::vector<std::string> log_bit_by_bit(int count, seconds apart, int first = 0,
                                            std::size_t size = 0) {
        std::vector<std::string> lines;
        for (int i = first; i < first + count; ++i) {
            std::string line = "line " + std::to_string(i);
            line.resize(std::max(size, line.size()), '.');
            add(kDenyStream, i * apart, line);
            exporter_->flush();
            run_for(apart);
            lines.push_back(std::move(line));
        }
        return lines;
    }
};

TEST_F(LokiExporterJoinTest, WhatWasSpooledBitByBitIsSentTogether) {
    open_spool();
    start();
    take_loki_away();
    const auto lines = log_bit_by_bit(50, minutes(1));
    EXPECT_EQ(spool_->segments(), 50U);
    bring_loki_back();
    run_for(seconds(31));
    EXPECT_EQ(sent_lines(kDeny), lines);
    EXPECT_THAT(loki_.pushes(), SizeIs(3)) << "what was tried, 45 minutes, and the rest";
    EXPECT_EQ(files_in_spool(), 0U);
    EXPECT_TRUE(exporter_->idle());
    expect_all_settled();
}

TEST_F(LokiExporterJoinTest, WhatMayHaveBeenSentStaysApartFromWhatWasNot) {
    open_spool();
    start();
    loki_.answer_queries(answered(403, "no queries here"));
    loki_.set_rule([this](const SeenPush& push) {
        return loki_.rows().empty() ? (loki_.store(push), test_support::ambiguous())
                                    : test_support::not_sent();
    });
    log_bit_by_bit(5, minutes(1));
    exporter_->spool_all();
    const std::size_t before = loki_.pushes().size();
    bring_loki_back();
    loki_.answer_queries(answered(403, "no queries here"));
    run_for(minutes(1));
    ASSERT_THAT(loki_.pushes(), SizeIs(2));
    EXPECT_GT(before, 2U);
    EXPECT_THAT(loki_.pushes()[0].lines(), ElementsAre("line 0"));
    EXPECT_THAT(loki_.pushes()[1].lines(), ElementsAre("line 1", "line 2", "line 3", "line 4"));
    EXPECT_TRUE(exporter_->idle());
}

TEST_F(LokiExporterJoinTest, WhatLiesInTwoSegmentsIsSentOnce) {
    open_spool();
    for (int run = 0; run < 2; ++run) {  // the first was killed before a checkpoint said so
        start();
        add(kDenyStream, seconds(0), "in both");
        add(kDenyStream, seconds(run + 1), "of run " + std::to_string(run));
        exporter_->spool_all();
    }
    restart({.predecessor = Predecessor::Killed});
    run_for(minutes(1));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("in both", "of run 0", "of run 1"));
    expect_every_row_once();
    EXPECT_EQ(files_in_spool(), 0U);
}

TEST_F(LokiExporterJoinTest, ASegmentThatIsGoneIsMissedInItsTurn) {
    open_spool();
    start();
    take_loki_away();
    log_bit_by_bit(6, minutes(1));
    ASSERT_EQ(spool_->segments(), 6U);
    fs::remove(path_of(named_segments()[3]));
    bring_loki_back();
    run_for(minutes(1));
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("line 0", "line 1", "line 2", "line 4", "line 5"));
    EXPECT_THAT(loki_.pushes(), SizeIs(3));
    EXPECT_EQ(exporter_->backlog().lost(), 1U);
}

TEST_F(LokiExporterJoinTest, BatchesThatWaitedInMemoryAreSentTogether) {
    start();
    take_loki_away();
    const auto lines = log_bit_by_bit(10, seconds(1));
    bring_loki_back();
    run_for(minutes(1));
    EXPECT_EQ(sent_lines(kDeny), lines);
    EXPECT_THAT(loki_.pushes(), SizeIs(2)) << "what was tried, and the rest";
    expect_all_settled();
}

TEST_F(LokiExporterJoinTest, WhatWaitedInMemoryIsSpooledTogether) {
    open_spool();
    settings_.spool_after = minutes(1);
    start();
    take_loki_away();
    log_bit_by_bit(5, seconds(1));
    exporter_->spool_all();
    EXPECT_EQ(spool_->segments(), 2U) << "what was tried, and the rest";
    expect_all_settled();
    bring_loki_back();
    run_for(minutes(1));
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("line 0", "line 1", "line 2", "line 3", "line 4"));
}

TEST_F(LokiExporterJoinTest, NoMoreIsJoinedThanLokiTakesAtOnce) {
    open_spool();
    start();
    std::vector<std::size_t> left;     // segments, before each push that is taken
    for (const int first : {0, 20}) {  // the limit is known the second time
        take_loki_away();
        log_bit_by_bit(20, minutes(1), first, 500);
        bring_loki_back();
        left.clear();
        loki_.set_rule([&](const SeenPush& push) {
            if (push.bytes > 4'000) {
                return answered(429,
                                "Ingestion rate limit exceeded for user fake (limit: 4000 "
                                "bytes/sec) while attempting to ingest");
            }
            left.push_back(named_segments().size());
            return loki_.store(push);
        });
        run_for(minutes(2));
        EXPECT_EQ(files_in_spool(), 0U);
    }
    EXPECT_THAT(loki_.lines(kDeny), SizeIs(40));
    EXPECT_THAT(left, testing::Contains(testing::AllOf(testing::Gt(5U), testing::Lt(15U))))
        << "they leave one by one";
    EXPECT_LT(left.size(), 12U) << "and some go together";
    expect_all_settled();
}

TEST_F(LokiExporterJoinTest, WhatIsLateStaysApart) {
    start();
    add(kDenyStream, seconds(0), "newest");
    flush_and_run();
    take_loki_away();
    for (int i = 0; i < 4; ++i) {
        add(kDenyStream, -std::chrono::hours(2) + seconds(i), "late " + std::to_string(i));
        exporter_->flush();
        run_for(seconds(1));
    }
    bring_loki_back();
    run_for(minutes(1));
    EXPECT_THAT(loki_.pushes(), SizeIs(4));
    expect_all_settled();
}

TEST_F(LokiExporterJoinTest, ASegmentOfWhichAPartIsDoneIsNotReadAgain) {
    open_spool();
    open_dead_letters();
    start();
    loki_.set_rule([this](const SeenPush& push) {
        for (const auto& entry : push.entries) {
            if (entry.line == "too long") {
                return answered(400, "max entry size '10' bytes exceeded for stream '{}'");
            }
            if (entry.timestamp_ns > clock_.wall_ns() + kFurthestAheadNs) {
                return answered(400, "entry for stream '{}' has timestamp too new");
            }
        }
        return loki_.store(push);
    });
    add(kDenyStream, minutes(30), "too long");
    add(kDenyStream, minutes(31), "by a clock that is set wrong");
    run_for(minutes(10));
    EXPECT_EQ(spool_->segments(), 1U) << "it waits for its time";
    EXPECT_EQ(dead_letters_count(), 1U);
    run_for(minutes(20));
    EXPECT_THAT(loki_.all_lines(), ElementsAre("by a clock that is set wrong"));
    EXPECT_EQ(dead_letters_count(), 1U);
    EXPECT_EQ(spool_->segments(), 0U);
}

}  // namespace
}  // namespace exporter
