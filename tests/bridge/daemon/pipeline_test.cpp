// SPDX-License-Identifier: MIT
#include <filesystem>

#include "tests/bridge/daemon/pipeline_fixture.h"
#include "tests/support/process.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test_support::answered;
using test_support::SeenPush;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(PipelineTest, DeliversWhatIsThereAndWhatComes) {
    write(1, allow(milliseconds(0), "one") + allow(milliseconds(5), "two"));
    start();
    ASSERT_TRUE(deliver(2));
    write(2, allow(milliseconds(10), "three"));
    write(1, allow(milliseconds(20), "four"));
    ASSERT_TRUE(deliver(4));
    EXPECT_THAT(loki_.all_lines()[2], HasSubstr("https://h.example/three"));
    EXPECT_THAT(loki_.all_lines()[3], HasSubstr("https://h.example/four"));
    EXPECT_EQ(daemon_->pipeline.account().lines, 4U);
    EXPECT_EQ(daemon_->pipeline.account().allowed, 4U);
    stop();
    expect_every_row_once();
}

TEST_F(PipelineTest, AccountsForEveryLine) {
    write(1, allow(milliseconds(0), "a") +
                 "time=2026-05-28T20:26:40.000Z level=WARN msg=DENY method=GET "
                 "url=https://b.example/ host=b.example\n"
                 "time=2026-05-28T20:26:41.000Z level=INFO msg=\"Start landjail manager\"\n"
                 "time=2026-05-28T20:26:42.000Z level=WARN msg=\"CA certificate has expired\"\n"
                 "not a line of slog\n");
    start();
    ASSERT_TRUE(deliver(3));
    const auto& account = daemon_->pipeline.account();
    EXPECT_EQ(account.lines, 5U);
    EXPECT_EQ(account.allowed, 1U);
    EXPECT_EQ(account.denied, 1U);
    EXPECT_EQ(account.notices, 1U);
    EXPECT_EQ(account.lifecycle, 1U);
    EXPECT_EQ(account.withheld, 1U);
    EXPECT_EQ(account.unparsed, 1U);
}

TEST_F(PipelineTest, KeepsUnparsedLinesInTheDeadLetters) {
    write(1, "what is this\n" + allow(milliseconds(0), "a"));
    start();
    ASSERT_TRUE(deliver(1));
    step_for(Seconds(2));
    const std::string letters =
        test_support::read_file(folder_.file("state/dead-letter/rejected.ndjson"));
    EXPECT_THAT(letters, HasSubstr(R"("text":"what is this")"));
    EXPECT_THAT(letters, HasSubstr(R"("session":"boundary-2026-05-28_20-26-40-1")"));
    EXPECT_EQ(saved_offset(), fs::file_size(log_file(1)));
}

TEST_F(PipelineTest, WritesACheckpointBeforeTheFirstPush) {
    write(1, allow(milliseconds(0), "a"));
    loki_.set_rule([this](const SeenPush& push) {
        EXPECT_FALSE(saved().clean) << "a crash from here on leaves doubt";
        EXPECT_EQ(saved_offset(), 0U);
        return loki_.store(push);
    });
    start();
    ASSERT_TRUE(deliver(1));
    stop();
}

TEST_F(PipelineTest, TheCheckpointAdvancesOnlyOverWhatIsSettled) {
    spool_bytes_ = 0;  // nowhere to settle but in Loki
    write(1, allow(milliseconds(0), "a") + allow(milliseconds(1), "b"));
    loki_.set_rule([](const SeenPush&) { return answered(403); });
    start();
    step_for(Seconds(100));
    EXPECT_FALSE(loki_.pushes().empty());
    EXPECT_EQ(saved_offset(), 0U);
    EXPECT_THAT(saved().high_water, IsEmpty());
    loki_.set_rule(nullptr);
    ASSERT_TRUE(deliver(2));
    step_for(Seconds(2));
    EXPECT_EQ(saved_offset(), fs::file_size(log_file(1)));
    EXPECT_THAT(saved().high_water, SizeIs(1));
    EXPECT_EQ(saved().high_water.begin()->second, begun_ns_ + 1'000'001);
    ASSERT_THAT(saved().files.begin()->second, SizeIs(1));
    EXPECT_EQ(saved().files.begin()->second[0].counts, (tailer::LineCounts{2, 2}));
}

TEST_F(PipelineTest, SpoolingSettlesToo) {
    write(1, allow(milliseconds(0), "a"));
    loki_.set_rule([](const SeenPush&) { return test_support::not_sent(); });
    start();
    step_for(Seconds(60));
    EXPECT_EQ(daemon_->state.spool().segments(), 1U);
    EXPECT_EQ(saved_offset(), fs::file_size(log_file(1)));
    crash();
    loki_.set_rule(nullptr);
    start();
    ASSERT_TRUE(deliver(1));
    EXPECT_EQ(daemon_->pipeline.account().lines, 0U) << "from the spool, not from the log";
    expect_every_row_once();
}

TEST_F(PipelineTest, ReadsNothingTwiceAfterAnOrderlyEnd) {
    write(1, allow(milliseconds(0), "a"));
    write(2, allow(milliseconds(1), "b"));
    start();
    ASSERT_TRUE(deliver(2));
    const std::size_t queries = loki_.queries();  // a first start cannot know that it is the first
    stop();
    write(1, allow(milliseconds(2), "c"));
    start();
    ASSERT_TRUE(deliver(3));
    EXPECT_EQ(daemon_->pipeline.account().lines, 1U);
    EXPECT_EQ(loki_.queries(), queries) << "nothing was in doubt";
    expect_every_row_once();
}

TEST_F(PipelineTest, AsksLokiAfterACrashAndStoresNothingTwice) {
    write(1, allow(milliseconds(0), "a") + allow(milliseconds(1), "b"));
    start();
    ASSERT_TRUE(deliver(2));
    crash();  // before the checkpoint says so
    write(1, allow(milliseconds(2), "c"));
    start();
    ASSERT_TRUE(deliver(3));
    EXPECT_GT(loki_.queries(), 0U);
    expect_every_row_once();
    const std::size_t queries = loki_.queries();
    write(1, allow(milliseconds(3), "d"));
    ASSERT_TRUE(deliver(4));
    EXPECT_EQ(loki_.queries(), queries) << "what is new cannot have been sent before";
}

TEST_F(PipelineTest, SpoolsAtTheEndWhatLokiDoesNotTake) {
    write(1, allow(milliseconds(0), "a"));
    loki_.set_rule([](const SeenPush&) { return answered(503); });
    start();
    step_for(milliseconds(1500));
    stop();
    loki_.set_rule(nullptr);
    start();
    EXPECT_FALSE(daemon_->exporter.doubtful());
    ASSERT_TRUE(deliver(1));
    EXPECT_EQ(daemon_->pipeline.account().lines, 0U);
}

TEST_F(PipelineTest, SendsAtTheEndWhatHasNotWaitedLongEnough) {
    settings_.batch_wait = std::chrono::hours(1);
    write(1, allow(milliseconds(0), "a"));
    start();
    step_for(Seconds(10));
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    stop();
    EXPECT_THAT(loki_.all_lines(), SizeIs(1));
}

TEST_F(PipelineTest, KeepsTheProgressOfAFolderThatIsAwayForAWhile) {
    write(1, allow(milliseconds(0), "a"));
    start();
    ASSERT_TRUE(deliver(1));
    stop();
    fs::rename(logs(), folder_.file("away"));
    start();
    step_for(Seconds(5));
    stop();
    fs::rename(folder_.file("away"), logs());
    start();
    step_for(Seconds(70));
    EXPECT_EQ(daemon_->pipeline.account().lines, 0U);
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
}

TEST_F(PipelineTest, ForgetsFilesThatAreGone) {
    write(1, allow(milliseconds(0), "a"));
    start();
    ASSERT_TRUE(deliver(1));
    step_for(Seconds(2));
    EXPECT_THAT(saved().files, SizeIs(1));
    fs::remove(log_file(1));
    step_for(Seconds(130));
    EXPECT_THAT(saved().files, IsEmpty());
    EXPECT_EQ(daemon_->tailer.files().size(), 0U);
}

TEST_F(PipelineTest, WantsNoAttentionWhenNothingHappens) {
    write(1, allow(milliseconds(0), "a"));
    start();
    ASSERT_TRUE(deliver(1));
    step_for(Seconds(20));
    EXPECT_EQ(daemon_->tailer.open_files(), 0U);
    static_cast<void>(daemon_->pipeline.step());
    EXPECT_GE(daemon_->pipeline.step(), clock_.steady() + Seconds(30));
}

}  // namespace
}  // namespace bridge
