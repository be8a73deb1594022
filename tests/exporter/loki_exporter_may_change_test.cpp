// SPDX-License-Identifier: MIT
// Entries that may come out otherwise when they are read again.
#include <array>

#include "tests/exporter/exporter_fixture.h"

namespace exporter {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// An entry whose tool call may come out otherwise.
class LokiExporterMayChangeTest : public ExporterTest {
protected:
    LokiExporterMayChangeTest() {
        settings_.unstable_metadata = {"tool_call_id"};
        open_spool();
        start();
    }
    void add_of_call(std::size_t stream, std::string_view line, std::string_view call) {
        const std::array<base::LabelView, 2> metadata = {base::LabelView{"session", "s"},
                                                         base::LabelView{"tool_call_id", call}};
        exporter_->add(stream, {at(seconds(0)), line, metadata, {1, ++added_}, true});
    }
};

TEST_F(LokiExporterMayChangeTest, IsSentFromTheSpoolOnceACheckpointCoversIt) {
    checkpoints_ = false;
    add_of_call(kDenyStream, "of a", "a");
    flush_and_run();
    EXPECT_EQ(spool_->segments(), 1U);
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    expect_all_settled();
    EXPECT_TRUE(exporter_->wants_checkpoint());
    checkpoints_ = true;
    run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("of a"));
    EXPECT_EQ(loki_.queries(), 0U) << "nobody can have sent it";
    EXPECT_EQ(spool_->segments(), 0U);
}

TEST_F(LokiExporterMayChangeTest, WhileHeldNothingIsSpooledOrSent) {
    exporter_->hold(true);
    EXPECT_GT(exporter_->work(), clock_.steady());
    EXPECT_FALSE(exporter_->wants_checkpoint()) << "nothing is due";
    add_of_call(kDenyStream, "of a", "a");
    add(kAllowStream, seconds(0), "b");
    EXPECT_GT(exporter_->work(), clock_.steady());
    EXPECT_FALSE(exporter_->wants_checkpoint()) << "it still gathers";
    exporter_->flush();
    EXPECT_EQ(exporter_->work(), clock_.steady());
    EXPECT_TRUE(exporter_->wants_checkpoint());
    exporter_->checkpoint_saved();
    EXPECT_EQ(exporter_->work(), clock_.steady()) << "it is held until it is told otherwise";
    EXPECT_EQ(spool_->segments(), 0U);
    EXPECT_THAT(loki_.pushes(), IsEmpty());
    EXPECT_THAT(settled(), IsEmpty());
    exporter_->hold(false);
    run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("of a"));
    EXPECT_THAT(loki_.lines(kAllow), ElementsAre("b"));
    expect_all_settled();
    EXPECT_FALSE(exporter_->wants_checkpoint());
}

TEST_F(LokiExporterMayChangeTest, IsKnownAgainInTheSpoolWhateverItsCallIsNow) {
    checkpoints_ = false;
    add_of_call(kDenyStream, "of a", "a");
    exporter_->flush();
    static_cast<void>(exporter_->work());
    restart(
        {.predecessor =
             Predecessor::MayHaveSent});  // killed before the checkpoint: the line is read again
    added_ = 0;
    add_of_call(kAllowStream, "of b", "b");
    add(kDenyStream, seconds(1), "another");
    checkpoints_ = true;
    flush_and_run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("of a", "another"));
    EXPECT_THAT(loki_.lines(kAllow), IsEmpty());
    expect_all_settled();
}

TEST_F(LokiExporterMayChangeTest, IsKnownAgainByTheCheckpointWhenTheSpoolHasSentIt) {
    const auto origins = [this] {
        std::vector<std::uint64_t> all;
        exporter_->origins().for_each([&all](std::uint64_t origin) { all.push_back(origin); });
        return all;
    };
    checkpoints_ = false;
    add_of_call(kDenyStream, "of a", "a");
    exporter_->flush();
    static_cast<void>(exporter_->work());
    restart({.predecessor = Predecessor::MayHaveSent});  // killed before any checkpoint
    const auto first = origins();
    const std::uint64_t newest = exporter_->newest_segment();
    EXPECT_EQ(first.size(), 1U) << "to be kept with the checkpoint that lets the segment go";
    checkpoints_ = true;
    run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("of a"));
    EXPECT_EQ(spool_->segments(), 0U);
    // killed before the line was read again
    restart({.origins = first, .newest_segment = newest, .predecessor = Predecessor::MayHaveSent});
    EXPECT_EQ(origins(), first) << "and with each that follows, until it was";
    added_ = 0;
    add_of_call(kAllowStream, "of b", "b");
    flush_and_run();
    EXPECT_THAT(loki_.lines(kAllow), IsEmpty());
    expect_all_settled();
    exporter_->end_doubt();
    EXPECT_EQ(origins(), first) << "the checkpoint is not past its line yet";
    exporter_->origins().forget_if([](const Ticket& ticket) { return ticket.position == 1; });
    EXPECT_THAT(origins(), IsEmpty());
}

TEST_F(LokiExporterMayChangeTest, WithoutASpoolIsSentAsAnyOther) {
    exporter_.reset();
    spool_.reset();
    start();
    add_of_call(kDenyStream, "of a", "a");
    flush_and_run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("of a"));
    expect_all_settled();
}

}  // namespace
}  // namespace exporter
