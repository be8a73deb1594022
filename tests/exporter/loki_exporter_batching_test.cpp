// SPDX-License-Identifier: MIT
#include "tests/exporter/exporter_fixture.h"

namespace exporter {
namespace {

using std::chrono::seconds;
using test_support::answered;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LokiExporterBatchingTest : public ExporterTest {};

TEST_F(LokiExporterBatchingTest, SendsABatchOnceItHasWaited) {
    start();
    add(kDenyStream, seconds(0), "a");
    EXPECT_EQ(exporter_->work(), clock_.steady() + settings_.batch_wait);
    clock_.advance(settings_.batch_wait - Milliseconds(1));
    add(kDenyStream, seconds(0), "b");
    run();
    EXPECT_THAT(loki_.pushes(), IsEmpty()) << "the first entry counts, and it waits no longer";
    run_for(Milliseconds(1));
    ASSERT_THAT(loki_.pushes(), SizeIs(1));
    EXPECT_THAT(loki_.pushes()[0].lines(), ElementsAre("a", "b"));
    expect_all_settled();
}

TEST_F(LokiExporterBatchingTest, SendsABatchOnceItIsFull) {
    settings_.batch_bytes = 2000;
    start();
    const auto lines = add_many(kDenyStream, 19, 100);
    run();
    ASSERT_THAT(loki_.pushes(), SizeIs(1)) << "the rest is not full yet";
    EXPECT_GE(loki_.pushes()[0].bytes, 2000U);
    EXPECT_LE(loki_.pushes()[0].bytes, 2300U);
    run_for(settings_.batch_wait);
    EXPECT_EQ(loki_.lines(kDeny), lines);
    expect_all_settled();
}

TEST_F(LokiExporterBatchingTest, PutsOneStreamInARequest) {
    start();
    add(kDenyStream, seconds(0), "no");
    add(kAllowStream, seconds(0), "yes");
    flush_and_run();
    EXPECT_THAT(loki_.pushes(), SizeIs(2));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("no"));
    EXPECT_THAT(loki_.lines(kAllow), ElementsAre("yes"));
}

TEST_F(LokiExporterBatchingTest, MakesAtMostOnePushACall) {
    start();
    add(kDenyStream, seconds(0), "no");
    add(kAllowStream, seconds(0), "yes");
    exporter_->flush();
    static_cast<void>(exporter_->work());
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
    static_cast<void>(exporter_->work());
    EXPECT_THAT(loki_.pushes(), SizeIs(2));
}

TEST_F(LokiExporterBatchingTest, SendsAStreamOldestFirst) {
    settings_.batch_bytes = 2000;
    start();
    add(kDenyStream, seconds(3), "newest of the first batch");
    add(kDenyStream, seconds(1), "oldest");
    const std::string filler(2000, 'x');
    add(kDenyStream, seconds(2), filler);
    add(kDenyStream, seconds(4), "of the second batch");
    flush_and_run();
    EXPECT_THAT(loki_.pushes(), SizeIs(2));
    EXPECT_THAT(sent_lines(kDeny),
                ElementsAre("oldest", filler, "newest of the first batch", "of the second batch"));
}

TEST_F(LokiExporterBatchingTest, SendsTheMetadataAlong) {
    start();
    const std::vector<base::LabelView> metadata = {{"domain", "h.example"}};
    add(kDenyStream, at(seconds(0)), "a", metadata);
    flush_and_run();
    EXPECT_EQ(loki_.pushes().at(0).entries.at(0).metadata.at("domain"), "h.example");
}

TEST_F(LokiExporterBatchingTest, SettlesATicketOnlyOnceItsEntryIsStored) {
    start();
    loki_.refuse_next(answered(503));
    add(kDenyStream, seconds(0), "a");
    flush_and_run();
    EXPECT_THAT(settled(), IsEmpty());
    EXPECT_GT(exporter_->in_flight_bytes(), 0U);
    EXPECT_FALSE(exporter_->idle());
    run_for(seconds(1));
    expect_all_settled();
    EXPECT_TRUE(exporter_->idle());
    EXPECT_EQ(events_.stored, 1U);
}

TEST_F(LokiExporterBatchingTest, CountsTheBytesInMemory) {
    start();
    EXPECT_EQ(exporter_->in_flight_bytes(), 0U);
    const auto lines = add_many(kDenyStream, 10, 1000);
    EXPECT_GE(exporter_->in_flight_bytes(), 10'000U);
    EXPECT_LE(exporter_->in_flight_bytes(), 10'500U);
    flush_and_run();
    EXPECT_EQ(exporter_->in_flight_bytes(), 0U);
}

TEST_F(LokiExporterBatchingTest, KnowsTheOldestEntryInMemoryInWhateverBatchItWaits) {
    settings_.batch_bytes = 100;
    start();
    EXPECT_EQ(exporter_->oldest_unsettled_ns(), std::nullopt);
    const std::string filler(100, 'x');
    add(kDenyStream, seconds(30), filler);
    add(kDenyStream, seconds(20), filler);
    add(kDenyStream, seconds(10), filler);
    add(kAllowStream, seconds(40), "open");
    EXPECT_EQ(exporter_->oldest_unsettled_ns(), at(seconds(10)));
    flush_and_run();
    EXPECT_EQ(exporter_->oldest_unsettled_ns(), std::nullopt);
}

TEST_F(LokiExporterBatchingTest, WantsNoCallWhenThereIsNothingToDo) {
    start();
    EXPECT_EQ(exporter_->work(), base::SteadyTime::max());
    add(kDenyStream, seconds(0), "a");
    flush_and_run();
    EXPECT_EQ(exporter_->work(), base::SteadyTime::max());
}

TEST_F(LokiExporterBatchingTest, KeepsEachStreamBelowItsRate) {
    settings_.batch_bytes = 1000;
    settings_.stream_rate = 1000;
    start();
    add_many(kDenyStream, 30, 100);
    add(kAllowStream, seconds(0), "not held up");
    exporter_->flush();
    const base::SteadyTime begun = clock_.steady();
    run();
    EXPECT_THAT(loki_.lines(kAllow), ElementsAre("not held up"));
    EXPECT_THAT(loki_.pushes(), SizeIs(2)) << "the first push of each stream is free";
    std::size_t pushes = loki_.pushes().size();
    std::size_t bytes =
        loki_.pushes()[0].stream == kDeny ? loki_.pushes()[0].bytes : loki_.pushes()[1].bytes;
    while (!exporter_->idle()) {
        run_for(Milliseconds(50));
        if (loki_.pushes().size() > pushes) {
            const std::chrono::duration<double> passed = clock_.steady() - begun;
            EXPECT_LE(static_cast<double>(bytes), 1000 * passed.count() + 200);
            bytes += loki_.pushes().back().bytes;
            ++pushes;
        }
    }
    expect_all_settled();
}

TEST_F(LokiExporterBatchingTest, ABusyStreamDoesNotStarveAnother) {
    settings_.batch_bytes = 100;
    start();
    add_many(kAllowStream, 50, 100);
    add(kDenyStream, seconds(0), "no");
    exporter_->flush();
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(exporter_->work());
    }
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("no"));
}

TEST_F(LokiExporterBatchingTest, TellsTheNewestSettledInstantOfEachStream) {
    start();
    EXPECT_THAT(exporter_->high_water(), IsEmpty());
    add(kDenyStream, seconds(5), "b");
    add(kDenyStream, seconds(3), "a");
    EXPECT_THAT(exporter_->high_water(), IsEmpty()) << "nothing is settled";
    flush_and_run();
    EXPECT_THAT(exporter_->high_water(), ElementsAre(std::pair(kDeny, at(seconds(5)))));
    add(kDenyStream, seconds(4), "older");
    add(kAllowStream, seconds(9), "other");
    flush_and_run();
    EXPECT_THAT(exporter_->high_water(),
                ElementsAre(std::pair(kAllow, at(seconds(9))), std::pair(kDeny, at(seconds(5)))));
}

}  // namespace
}  // namespace exporter
