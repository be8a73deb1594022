// SPDX-License-Identifier: MIT
#include "tests/exporter/exporter_fixture.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test_support::ambiguous;
using test_support::answered;
using test_support::SeenPush;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LokiExporterReadBackTest : public ExporterTest {
protected:
    /// The next push is stored where `keep` says so, and its answer is lost.
    template <typename Keep>
    void lose_next_answer(Keep keep, const Reply& reply = ambiguous()) {
        loki_.set_rule([this, keep, reply, lost = false](const SeenPush& push) mutable {
            if (std::exchange(lost, true)) {
                return loki_.store(push);
            }
            for (const auto& entry : push.entries) {
                if (keep(entry)) {
                    loki_.store(push.stream, entry);
                }
            }
            return reply;
        });
    }
};

const auto kAll = [](const SeenPush::Entry&) { return true; };
const auto kNone = [](const SeenPush::Entry&) { return false; };

TEST_F(LokiExporterReadBackTest, DoesNotSendAgainWhatWasStored) {
    start();
    lose_next_answer(kAll);
    const auto lines = add_many(kDenyStream, 10, 20);
    exporter_->flush();
    run_for(seconds(2));
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
    EXPECT_EQ(loki_.queries(), 1U);
    EXPECT_EQ(events_.stored, 10U);
    EXPECT_EQ(loki_.lines(kDeny), lines);
    EXPECT_EQ(exporter_->high_water().at(kDeny), at(std::chrono::nanoseconds(9)));
    expect_all_settled();
    EXPECT_TRUE(exporter_->idle());
}

TEST_F(LokiExporterReadBackTest, SendsAgainOnlyWhatIsMissing) {
    start();
    lose_next_answer(
        [this](const SeenPush::Entry& entry) { return (entry.timestamp_ns - begun_ns_) % 4 != 1; });
    const auto lines = add_many(kDenyStream, 12, 20);
    exporter_->flush();
    run_for(seconds(2));
    EXPECT_EQ(loki_.lines(kDeny), lines);
    expect_every_row_once();
    EXPECT_EQ(events_.stored, 12U);
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, SendsAllAgainWhenNothingWasStored) {
    start();
    lose_next_answer(kNone);
    const auto lines = add_many(kDenyStream, 10, 20);
    exporter_->flush();
    run_for(seconds(2));
    EXPECT_THAT(loki_.pushes(), SizeIs(2));
    EXPECT_EQ(loki_.lines(kDeny), lines);
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, AsksAfterAnErrorOfTheServerAsWell) {
    start();
    lose_next_answer(kAll, answered(500, "context deadline exceeded"));
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(seconds(2));
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, AsksNoServerBeforeItShowsWhatItTook) {
    loki_.set_shows_after(seconds(3));
    start();
    lose_next_answer(kAll);
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(milliseconds(2900));
    EXPECT_EQ(loki_.queries(), 0U);
    EXPECT_THAT(events_.retries, SizeIs(1)) << "waiting for the answer is no failure";
    run_for(milliseconds(200));
    EXPECT_EQ(loki_.queries(), 1U);
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, DoesNotAskWhenTheServerCannotHaveSeenThePush) {
    start();
    loki_.refuse_next(test_support::not_sent());
    loki_.refuse_next(answered(429));
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(seconds(3));
    EXPECT_EQ(loki_.queries(), 0U);
    EXPECT_THAT(loki_.pushes(), SizeIs(3));
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, SendsAllAgainIdenticallyWhereQueriesAreForbidden) {
    start();
    loki_.answer_queries(answered(403));
    lose_next_answer(kAll);
    const auto lines = add_many(kDenyStream, 10, 20);
    exporter_->flush();
    run_for(seconds(2));
    ASSERT_THAT(loki_.pushes(), SizeIs(2));
    EXPECT_EQ(loki_.pushes()[0].lines(), loki_.pushes()[1].lines());
    EXPECT_EQ(loki_.lines(kDeny), lines);
    EXPECT_EQ(events_.read_back_unavailable, 1);
    expect_all_settled();

    lose_next_answer(kAll);
    add(kDenyStream, seconds(1), "later");
    exporter_->flush();
    run_for(seconds(2));
    EXPECT_EQ(loki_.queries(), 1U) << "it does not ask for what it may not have";
    EXPECT_EQ(events_.read_back_unavailable, 1);
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, AQuestionRefusedForABadTokenIsAskedAgainOnceThatIsMended) {
    start();
    const std::vector<Reply> answers = {ambiguous(), answered(401), answered(401)};
    loki_.answer_next_query(answered(401));
    loki_.answer_next_query(answered(401));
    loki_.set_rule([&, push = std::size_t{0}](const SeenPush& seen) mutable {
        const Reply stored = push == 0 || push >= answers.size() ? loki_.store(seen) : Reply{};
        return push < answers.size() ? answers[push++] : stored;
    });
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(minutes(2));
    EXPECT_THAT(loki_.pushes(), SizeIs(3)) << "stored once, and refused twice with the bad token";
    EXPECT_EQ(loki_.queries(), 3U);
    EXPECT_EQ(events_.read_back_unavailable, 1);
    expect_every_row_once();
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, SendsNothingUntilTheQuestionIsAnswered) {
    start();
    for (const auto& reply :
         {answered(503), answered(429), ambiguous(), test_support::not_sent()}) {
        loki_.answer_next_query(reply);
    }
    lose_next_answer(kAll);
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(minutes(2));
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
    EXPECT_EQ(loki_.queries(), 5U);
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, TimeThatStoodStillIsNoTimeOfFailing) {
    start();
    loki_.answer_next_query(answered(503));
    loki_.answer_next_query(answered(503));
    lose_next_answer(kAll);
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    while (loki_.queries() < 1) {
        run_for(std::chrono::milliseconds(100));
    }
    clock_.advance(std::chrono::hours(1));
    run_for(minutes(2));
    EXPECT_THAT(loki_.pushes(), SizeIs(1)) << "it asks once more before it sends again";
    EXPECT_EQ(loki_.queries(), 3U);
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, AQuestionRefusedForOneBatchIsStillAskedForOthers) {
    start();
    // A batch may span more than Loki lets one query span.
    loki_.answer_next_query(answered(400, "the query time range exceeds the limit"));
    lose_next_answer(kAll);
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(seconds(2));
    expect_all_settled();
    EXPECT_THAT(loki_.pushes(), SizeIs(2)) << "sent again, as there was no knowing";

    lose_next_answer(kAll);
    add(kDenyStream, seconds(1), "b");
    exporter_->flush();
    run_for(seconds(2));
    EXPECT_EQ(loki_.queries(), 2U);
    EXPECT_THAT(loki_.pushes(), SizeIs(3));
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, PushesOnWhenQueriesFailForLongThoughTheServerIsThere) {
    start({.predecessor = Predecessor::MayHaveSent});
    loki_.answer_queries(answered(503, "no querier"));
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(seconds(110));
    EXPECT_THAT(loki_.pushes(), IsEmpty()) << "a minute for the workspace, and one for the stream";
    run_for(minutes(2));
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("a"));
    expect_all_settled();

    const std::size_t asked = loki_.queries();
    loki_.set_rule({});
    loki_.answer_queries(answered(200, R"({"data":{"result":[]}})"));
    add(kDenyStream, seconds(1), "b");
    flush_and_run();
    run_for(minutes(2));
    add(kDenyStream, seconds(2), "c");
    flush_and_run();
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("a", "b", "c"));
    EXPECT_GT(loki_.queries(), asked) << "it asks again once in a while";
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, WhatCannotBeAnsweredOfOneStreamIsAskedOfTheOthers) {
    start();
    loki_.set_query_rule([](std::string_view query) {
        return query == kAllow ? std::optional(answered(504, "too much of it")) : std::nullopt;
    });
    loki_.set_rule([this](const SeenPush& push) {
        if (push.stream == kAllow) {
            return ambiguous();
        }
        loki_.store(push);
        return push.entries.back().line == "cut off" ? ambiguous() : answered(204);
    });
    add(kAllowStream, seconds(0), "a");
    exporter_->flush();
    run_for(minutes(5));
    EXPECT_GT(loki_.pushes().size(), 1U) << "its own is pushed again";
    for (int i = 0; i < 10; ++i) {
        add(kDenyStream, seconds(i), "cut off");
        exporter_->flush();
        run_for(minutes(2));
    }
    EXPECT_THAT(loki_.lines(kDeny), SizeIs(10));
    expect_every_row_once();
}

TEST_F(LokiExporterReadBackTest, WaitsForAServerThatIsNotThereHoweverLong) {
    start({.predecessor = Predecessor::MayHaveSent});
    loki_.store(kDeny, {at(seconds(0)), "sent before the crash", {}});
    loki_.set_rule([](const SeenPush&) { return test_support::not_sent(); });
    loki_.answer_queries(test_support::not_sent());
    add(kDenyStream, seconds(0), "sent before the crash");
    exporter_->flush();
    run_for(minutes(10));
    EXPECT_THAT(loki_.pushes(), IsEmpty());
}

TEST_F(LokiExporterReadBackTest, AsksOnlyOnceAPushCanNoLongerBeUnderWay) {
    settings_.least_landing = seconds(3);
    start();
    std::optional<SeenPush> under_way;
    loki_.set_rule([&](const SeenPush& push) {
        if (!under_way) {
            under_way = push;
            return ambiguous();
        }
        return loki_.store(push);
    });
    const auto lines = add_many(kDenyStream, 10, 20);
    exporter_->flush();
    run_for(std::chrono::milliseconds(2'900));
    EXPECT_EQ(loki_.queries(), 0U);
    loki_.store(*under_way);
    run_for(seconds(5));
    EXPECT_EQ(loki_.queries(), 1U);
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
    EXPECT_EQ(loki_.lines(kDeny), lines);
    expect_every_row_once();
    expect_all_settled();
}

TEST_F(LokiExporterReadBackTest, ASlowServerIsGivenLonger) {
    settings_.least_landing = seconds(3);
    start();
    loki_.set_rule([&](const SeenPush& push) {
        clock_.advance(seconds(4));
        return loki_.store(push);
    });
    add(kDenyStream, seconds(0), "slow");
    flush_and_run();
    loki_.set_rule([](const SeenPush&) { return ambiguous(); });
    add(kDenyStream, seconds(1), "lost");
    exporter_->flush();
    run_for(std::chrono::milliseconds(7'900));
    EXPECT_EQ(loki_.queries(), 0U);
    run_for(seconds(1));
    EXPECT_EQ(loki_.queries(), 2U) << "for this one, and for what was stored before";
}

TEST_F(LokiExporterReadBackTest, AfterAQuestionThatTimesOutItMayPauseForAsLong) {
    start({.predecessor = Predecessor::MayHaveSent});
    loki_.set_query_rule([this](std::string_view /*query*/) {
        clock_.advance(seconds(10));
        return std::optional(test_support::not_sent());
    });
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(seconds(66));
    EXPECT_GT(loki_.queries(), 1U);
    EXPECT_LT(loki_.queries(), 6U) << "as many as if an answer came at once";
}

TEST_F(LokiExporterReadBackTest, TriesSlowlyWhenEveryPushEndsInDoubt) {
    start();
    loki_.set_rule([](const SeenPush&) { return ambiguous(); });
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(minutes(10));
    EXPECT_LT(loki_.pushes().size(), 80U);
    EXPECT_GT(loki_.pushes().size(), 10U);
    EXPECT_THAT(settled(), IsEmpty());
}

TEST_F(LokiExporterReadBackTest, SaysOnceThatLokiHasNothingOfWhatItHadStored) {
    start();
    add(kDenyStream, seconds(0), "stored");
    add(kAllowStream, seconds(0), "stored, too");
    flush_and_run();
    loki_.clear();  // wiped
    for (const std::size_t stream : {kDenyStream, kAllowStream}) {
        loki_.refuse_next(test_support::ambiguous());
        add(stream, seconds(1), "of unknown outcome");
        exporter_->flush();
        run_for(seconds(60));
    }
    EXPECT_THAT(events_.stored_gone, testing::ElementsAre(kDeny));
    EXPECT_THAT(loki_.all_lines(),
                testing::ElementsAre("of unknown outcome", "of unknown outcome"));
}

TEST_F(LokiExporterReadBackTest, SaysNothingOfALokiThatHasWhatItHadStored) {
    start({.high_water = {{kAllow, at(seconds(0))}}, .predecessor = Predecessor::MayHaveSent});
    loki_.store(kAllow, {at(-seconds(60)), "of the predecessor", {}});
    add(kAllowStream, seconds(1), "not stored");
    add(kDenyStream, seconds(0), "stored");
    flush_and_run();
    loki_.refuse_next(test_support::ambiguous());
    add(kDenyStream, seconds(1), "of unknown outcome");
    exporter_->flush();
    run_for(seconds(60));
    EXPECT_THAT(events_.stored_gone, testing::IsEmpty());
}

}  // namespace
}  // namespace exporter
