// SPDX-License-Identifier: MIT
#include "tests/exporter/exporter_fixture.h"

namespace exporter {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test_support::ambiguous;
using test_support::answered;
using test_support::SeenPush;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Loki refuses what it may have stored.
using LokiExporterRefusedInDoubtTest = ExporterTest;

/// Loki's answer to a batch of which all is behind its window.
Reply too_far_behind() {
    return answered(400,
                    "entry with timestamp 2026-06-09 10:00:00 +0000 UTC ignored, reason: 'entry "
                    "too far behind, entry timestamp is: 2026-06-09T10:00:00Z, oldest acceptable "
                    "timestamp is: 2200-01-01T00:00:00Z',\nuser 'fake', total ignored: 1 out of 1 "
                    "for stream: {}");
}

TEST_F(LokiExporterRefusedInDoubtTest, WhatMayBeStoredGoesToNoOtherStream) {
    // Stored, the answer lost, and by then somebody else has moved the stream's window.
    open_dead_letters();
    start();
    loki_.answer_queries(answered(503, "no querier"));
    loki_.set_rule([this](const SeenPush& push) {
        return loki_.rows().empty() ? (loki_.store(push), ambiguous()) : too_far_behind();
    });
    const auto lines = add_many(kDenyStream, 5, 20);
    exporter_->flush();
    run_for(minutes(30));
    EXPECT_EQ(exporter_->in_doubt_entries(), 5U);
    EXPECT_GT(events_.doubt_waits, 0);
    EXPECT_EQ(loki_.all_lines(), lines);
    EXPECT_THAT(settled(), IsEmpty()) << "it waits for an answer";
    loki_.answer_queries(answered(200, R"({"data":{"result":[]}})"));
    loki_.set_rule(nullptr);
    run_for(minutes(10));
    EXPECT_EQ(exporter_->in_doubt_entries(), 0U);
    EXPECT_EQ(dead_letters_count(), 0U);
    expect_all_settled();
}

TEST_F(LokiExporterRefusedInDoubtTest, WhatMayBeStoredOfASegmentWaitsInItsPlace) {
    open_spool();
    start();
    const auto lines = add_many(kDenyStream, 5, 20);
    exporter_->spool_all();
    loki_.answer_queries(answered(503, "no querier"));
    loki_.set_rule([this](const SeenPush& push) {
        return loki_.rows().empty() ? (loki_.store(push), ambiguous()) : too_far_behind();
    });
    run_for(minutes(30));
    EXPECT_EQ(exporter_->in_doubt_entries(), 5U) << "not once more at each try";
    loki_.answer_queries(answered(200, R"({"data":{"result":[]}})"));
    loki_.set_rule(nullptr);
    run_for(minutes(10));
    EXPECT_EQ(exporter_->in_doubt_entries(), 0U);
    EXPECT_EQ(spool_->segments(), 0U);
    EXPECT_EQ(loki_.lines(kDeny), lines);
    EXPECT_TRUE(exporter_->idle());
    expect_all_settled();
}

TEST_F(LokiExporterRefusedInDoubtTest, WhatLokiSaysItDoesNotHaveGoesWhereItIsTaken) {
    start();
    loki_.answer_next_query(answered(503));
    loki_.set_rule([this, first = true](const SeenPush& push) mutable {
        if (std::exchange(first, false)) {
            return ambiguous();
        }
        return push.stream == kDeny ? too_far_behind() : loki_.store(push);
    });
    const auto lines = add_many(kDenyStream, 5, 20);
    exporter_->flush();
    run_for(minutes(1));
    EXPECT_THAT(loki_.lines(kDeny), IsEmpty());
    EXPECT_EQ(loki_.all_lines(), lines) << "in a late stream";
    expect_all_settled();
}

TEST_F(LokiExporterRefusedInDoubtTest, WhereQueriesAreForbiddenADoubtEndsInTheDeadLetters) {
    open_dead_letters();
    start();
    loki_.answer_queries(answered(403));
    loki_.set_rule([this](const SeenPush& push) {
        return loki_.rows().empty() ? (loki_.store(push), ambiguous()) : too_far_behind();
    });
    const auto lines = add_many(kDenyStream, 5, 20);
    exporter_->flush();
    run_for(minutes(2));
    EXPECT_EQ(loki_.all_lines(), lines) << "not stored a second time";
    EXPECT_EQ(dead_letters_count(), 5U);
    EXPECT_THAT(events_.rejected, Each("in_doubt"));
    expect_all_settled();
}

TEST_F(LokiExporterRefusedInDoubtTest, WhatARefusedBatchLeftInLokiIsNotSentAgain) {
    open_dead_letters();
    start();
    loki_.set_rule([this](const SeenPush& push) {
        bool refused = false;
        for (const auto& entry : push.entries) {
            if (entry.line.starts_with("100037")) {
                refused = true;
            } else {
                loki_.store(push.stream, entry);
            }
        }
        return refused ? answered(400, "max entry size '10' bytes exceeded for stream '{}'")
                       : answered(204);
    });
    const auto lines = add_many(kDenyStream, 100, 20);
    flush_and_run();
    EXPECT_THAT(loki_.lines(kDeny), SizeIs(99));
    expect_every_row_once();
    EXPECT_EQ(dead_letters_count(), 1U);
    expect_all_settled();
}

TEST_F(LokiExporterRefusedInDoubtTest, WhatALimitOnTheStreamLeftInLokiIsNotSentAgain) {
    start();
    loki_.set_rule([this, limited = true](const test_support::SeenPush& push) mutable {
        if (!std::exchange(limited, false)) {
            return loki_.store(push);
        }
        loki_.store(push.stream, push.entries.front());
        return answered(429,
                        "Per stream rate limit exceeded (limit: 3MB/sec) while attempting to "
                        "ingest for stream '{}' totaling 1MB, consider splitting");
    });
    add(kDenyStream, seconds(0), "taken");
    add(kDenyStream, seconds(1), "over the limit");
    exporter_->flush();
    run_for(std::chrono::minutes(1));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("taken", "over the limit"));
    expect_every_row_once();
    expect_all_settled();
}

}  // namespace
}  // namespace exporter
