// SPDX-License-Identifier: MIT
// What an earlier process may have pushed, or nobody knows to have pushed, is asked for first.
#include "tests/exporter/exporter_fixture.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test_support::ambiguous;
using test_support::answered;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LokiExporterPredecessorTest : public ExporterTest {};

TEST_F(LokiExporterPredecessorTest, WaitsAfterAStartAsThePredecessorMayHavePushedJustBefore) {
    loki_.set_shows_after(seconds(3));
    start({.predecessor = Predecessor::MayHaveSent});
    add(kAllowStream, seconds(0), "a");
    add(kDenyStream, seconds(0), "b");
    exporter_->flush();
    run_for(milliseconds(2900));
    EXPECT_EQ(loki_.queries(), 0U);
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    run_for(milliseconds(200));
    EXPECT_EQ(loki_.queries(), 1U) << "one for all";
    EXPECT_THAT(loki_.pushes(), SizeIs(2));
    expect_all_settled();
}

/// A Loki that takes pushes and has no time for questions, to a workspace with many streams.
class BusyLokiTest : public LokiExporterPredecessorTest {
protected:
    static constexpr std::size_t kTools = 12;

    void start_tools(Predecessor predecessor) {
        loki_.answer_queries(answered(504, "context deadline exceeded"));
        start({.predecessor = predecessor});
        for (std::size_t i = 0; i < kTools; ++i) {
            exporter_->add_stream({{"job", "boundary"}, {"tool", "t" + std::to_string(i)}});
            add(2 + i, seconds(0), "x");
        }
        exporter_->flush();
    }
    void has_time_again() { loki_.answer_queries(answered(200, R"({"data":{"result":[]}})")); }
};

TEST_F(BusyLokiTest, IsAskedByOneStreamAtATime) {
    start_tools(Predecessor::Killed);
    run_for(seconds(59));
    EXPECT_THAT(loki_.queries(), testing::AllOf(testing::Ge(5), testing::Le(15)));
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    has_time_again();
    run_for(seconds(31));
    EXPECT_THAT(loki_.all_lines(), SizeIs(kTools)) << "one answer opens the way for all";
    expect_all_settled();
}

TEST_F(BusyLokiTest, IsAskedOnceForAllHoweverOftenThatFails) {
    start_tools(Predecessor::MayHaveSent);
    run_for(seconds(45));
    const std::size_t failed = loki_.queries();
    EXPECT_LE(failed, 15U);
    has_time_again();
    run_for(seconds(31));
    EXPECT_EQ(loki_.queries(), failed + 1);
    EXPECT_THAT(loki_.all_lines(), SizeIs(kTools));
}

TEST_F(BusyLokiTest, GetsAllPushesAfterAMinuteOfThat) {
    start_tools(Predecessor::Killed);
    run_for(seconds(61 + 30));
    EXPECT_THAT(loki_.all_lines(), SizeIs(kTools)) << "none waits for its own question to fail";
    EXPECT_EQ(events_.read_back_unavailable, 1);
    EXPECT_LE(loki_.queries(), 20U);
    expect_all_settled();
}

TEST_F(BusyLokiTest, WhatWaitsForItIsSpooled) {
    open_spool();
    start_tools(Predecessor::Killed);
    run_for(seconds(40));
    EXPECT_EQ(exporter_->in_flight_bytes(), 0U);
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    has_time_again();
    run_for(minutes(1));
    EXPECT_THAT(loki_.all_lines(), SizeIs(kTools));
    expect_every_row_once();
}

TEST_F(LokiExporterPredecessorTest, WhereTheFirstLookAsksForTooMuchEachStreamIsAskedAbout) {
    start({.predecessor = Predecessor::MayHaveSent});
    loki_.set_query_rule([](std::string_view query) {
        return query == kAllow || query == kDeny ? std::nullopt
                                                 : std::optional(answered(504, "timeout"));
    });
    for (int i = 0; i < 5; ++i) {
        const std::string line = "stored, and the state folder lost " + std::to_string(i);
        loki_.store(kAllow, {at(seconds(i)), line, {}});
        loki_.store(kDeny, {at(seconds(i)), line, {}});
        add(kAllowStream, seconds(i), line);
        add(kDenyStream, seconds(i), line);
        exporter_->flush();
    }
    add(kDenyStream, seconds(5), "new");
    exporter_->flush();
    run_for(minutes(3));
    EXPECT_THAT(sent_lines(kAllow), IsEmpty());
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("new"));
    expect_every_row_once();
    expect_all_settled();
}

TEST_F(LokiExporterPredecessorTest, AsksBeforeTheFirstPushOfWhatAPredecessorMayHaveSent) {
    start({.predecessor = Predecessor::Killed});
    loki_.store(kDeny, {at(seconds(0)), "sent before the crash", {}});
    add(kDenyStream, seconds(0), "sent before the crash");
    add(kDenyStream, seconds(1), "not sent");
    flush_and_run();
    EXPECT_EQ(loki_.queries(), 1U);
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("not sent"));
    expect_every_row_once();

    exporter_->end_doubt();
    add(kDenyStream, seconds(2), "new");
    flush_and_run();
    EXPECT_EQ(loki_.queries(), 1U);
    expect_all_settled();
}

TEST_F(LokiExporterPredecessorTest, AtAFirstStartOneQuestionDoesForAll) {
    start({.predecessor = Predecessor::MayHaveSent});
    for (int i = 0; i < 3; ++i) {
        add(kAllowStream, seconds(i), "allowed " + std::to_string(i));
        add(kDenyStream, seconds(i), "denied " + std::to_string(i));
        flush_and_run();
    }
    EXPECT_EQ(loki_.queries(), 1U);
    EXPECT_THAT(loki_.pushes(), SizeIs(6));
    add(kDenyStream, seconds(-1), "from before what was asked");
    flush_and_run();
    EXPECT_EQ(loki_.queries(), 2U);
    expect_all_settled();
}

TEST_F(LokiExporterPredecessorTest, AtAFirstStartAsksForEachStreamWhereLokiHasAnything) {
    start({.predecessor = Predecessor::MayHaveSent});
    loki_.store(kAllow, {at(seconds(1)), "stored, and the state folder lost", {}});
    add(kDenyStream, seconds(0), "denied");
    flush_and_run();
    add(kAllowStream, seconds(1), "stored, and the state folder lost");
    add(kAllowStream, seconds(2), "new");
    flush_and_run();
    EXPECT_EQ(loki_.queries(), 3U);
    EXPECT_THAT(sent_lines(kAllow), ElementsAre("new"));
    expect_every_row_once();
    expect_all_settled();
}

TEST_F(LokiExporterPredecessorTest, AtAFirstStartNoAnswerIsNotTakenForNothing) {
    start({.predecessor = Predecessor::MayHaveSent});
    loki_.store(kDeny, {at(seconds(0)), "stored", {}});
    loki_.answer_next_query(answered(400, "the query time range exceeds the limit"));
    add(kDenyStream, seconds(0), "stored");
    flush_and_run();
    EXPECT_EQ(loki_.queries(), 2U);
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    expect_all_settled();
}

TEST_F(LokiExporterPredecessorTest, AtAFirstStartAsksAgainWhereThereWasNoAnswer) {
    start({.predecessor = Predecessor::MayHaveSent});
    for (int i = 0; i < 2; ++i) {  // for all, and then for the stream
        loki_.answer_next_query(answered(503, "no querier"));
    }
    add(kAllowStream, seconds(0), "a");
    exporter_->flush();
    run_for(seconds(30));
    add(kDenyStream, seconds(0), "b");
    flush_and_run();
    EXPECT_EQ(loki_.queries(), 3U);
    EXPECT_THAT(loki_.pushes(), SizeIs(2));
    expect_all_settled();
}

TEST_F(LokiExporterPredecessorTest, WhatLokiHasOfOneWorkspaceTellsNothingOfAnother) {
    start({.predecessor = Predecessor::MayHaveSent});
    const base::Labels bob = {{"decision", "deny"}, {"job", "boundary"}, {"owner", "bob"}};
    const base::Labels alice = {{"decision", "deny"}, {"job", "boundary"}, {"owner", "alice"}};
    loki_.store(stream_labels_text(bob), {at(seconds(0)), "stored", {}});
    exporter_->add_stream(alice);
    exporter_->add_stream(bob);
    add(2, seconds(0), "of alice");
    add(3, seconds(0), "stored");
    flush_and_run();
    EXPECT_THAT(sent_lines(stream_labels_text(bob)), IsEmpty());
    expect_every_row_once();
    expect_all_settled();
}

TEST_F(LokiExporterPredecessorTest, WhatIsLateNowIsLookedForWhereItWasNotLate) {
    start({.high_water = {{kDeny, at(std::chrono::hours(2))}},
           .predecessor = Resume::Predecessor::MayHaveSent});
    loki_.store(kDeny, {at(seconds(0)), "sent before the crash", {}});
    add(kDenyStream, seconds(0), "sent before the crash");
    flush_and_run();
    EXPECT_EQ(loki_.queries(), 1U);
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    expect_all_settled();
}

TEST_F(LokiExporterPredecessorTest, ABatchWithOneDoubtfulEntryIsDoubtful) {
    start({.predecessor = Predecessor::MayHaveSent});
    loki_.store(kDeny, {at(seconds(0)), "sent before the crash", {}});
    add(kDenyStream, seconds(0), "sent before the crash");
    exporter_->end_doubt();
    add(kDenyStream, seconds(1), "new");
    flush_and_run();
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("new"));
    expect_all_settled();
}

TEST_F(LokiExporterPredecessorTest, APredecessorsPushIsGivenTimeToLand) {
    settings_.least_landing = seconds(3);
    start({.predecessor = Predecessor::Killed});
    add(kDenyStream, seconds(0), "on its way");
    exporter_->flush();
    run_for(std::chrono::milliseconds(2'900));
    EXPECT_EQ(loki_.queries(), 0U);
    loki_.store(kDeny, {at(seconds(0)), "on its way", {}});
    run_for(seconds(1));
    EXPECT_EQ(loki_.queries(), 1U);
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    expect_all_settled();
}

TEST_F(LokiExporterPredecessorTest, APushBeforeAnOrderlyEndIsGivenTimeToLand) {
    settings_.least_landing = seconds(3);
    open_spool();
    start();
    loki_.refuse_next(ambiguous());
    add(kDenyStream, seconds(0), "on its way");
    exporter_->flush();
    run();
    exporter_->spool_all();
    restart();
    run_for(std::chrono::milliseconds(2'900));
    EXPECT_EQ(loki_.queries(), 0U);
    loki_.store(kDeny, {at(seconds(0)), "on its way", {}});
    run_for(seconds(1));
    EXPECT_EQ(loki_.queries(), 1U);
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
    EXPECT_TRUE(exporter_->idle());
}

TEST_F(LokiExporterPredecessorTest, SaysThatAPredecessorsLokiWasWipedIfThatWasLately) {
    const Resume resume{.high_water = {{kAllow, at(seconds(0))}},
                        .predecessor = Predecessor::MayHaveSent};
    clock_.advance(std::chrono::hours(3));
    start(resume);
    add(kAllowStream, seconds(1), "not stored");
    flush_and_run();
    EXPECT_THAT(events_.stored_gone, testing::IsEmpty()) << "Loki may not show what is that old";

    loki_.clear();
    start({.high_water = {{kAllow, at(std::chrono::hours(2))}},
           .predecessor = Predecessor::MayHaveSent});
    add(kAllowStream, std::chrono::hours(3), "not stored");
    flush_and_run();
    EXPECT_THAT(events_.stored_gone, testing::ElementsAre(kAllow));
}

}  // namespace
}  // namespace exporter
