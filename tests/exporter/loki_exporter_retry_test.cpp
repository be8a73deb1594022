// SPDX-License-Identifier: MIT
#include "exporter/streams/backoff.h"
#include "tests/exporter/exporter_fixture.h"

namespace exporter {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test_support::answered;
using test_support::SeenPush;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class LokiExporterRetryTest : public ExporterTest {};

TEST_F(LokiExporterRetryTest, TriesAgainWithAGrowingWaitUntilItIsStored) {
    start();
    std::vector<base::SteadyTime> tries;
    int left = 12;
    loki_.set_rule([&](const SeenPush& push) {
        tries.push_back(clock_.steady());
        return left-- > 0 ? answered(503) : loki_.store(push);
    });
    loki_.answer_queries(answered(403));
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(minutes(10));
    ASSERT_THAT(tries, SizeIs(13));
    Milliseconds bound = Backoff::kFirst;
    for (std::size_t i = 1; i < tries.size(); ++i) {
        EXPECT_GE(tries[i] - tries[i - 1], Backoff::kShortest);
        EXPECT_LE(tries[i] - tries[i - 1], bound);
        bound = std::min(bound * 2, Backoff::kCap);
    }
    expect_all_settled();
}

TEST_F(LokiExporterRetryTest, WaitsShortlyAgainAfterASuccess) {
    start();
    for (int i = 0; i < 10; ++i) {
        loki_.refuse_next(answered(429));
    }
    add(kDenyStream, seconds(0), "a");
    exporter_->flush();
    run_for(minutes(10));
    ASSERT_TRUE(exporter_->idle());
    loki_.refuse_next(answered(429));
    add(kDenyStream, seconds(1), "b");
    exporter_->flush();
    run_for(Backoff::kFirst);
    expect_all_settled();
}

TEST_F(LokiExporterRetryTest, SendsTheSameAgain) {
    start();
    loki_.refuse_next(answered(429));
    const std::vector<base::LabelView> metadata = {{"domain", "h.example"}};
    add(kDenyStream, at(seconds(0)), "a", metadata);
    exporter_->flush();
    run_for(seconds(1));
    ASSERT_THAT(loki_.pushes(), SizeIs(2));
    EXPECT_EQ(loki_.pushes()[0].lines(), loki_.pushes()[1].lines());
    EXPECT_EQ(loki_.pushes()[0].entries[0].timestamp_ns, loki_.pushes()[1].entries[0].timestamp_ns);
    EXPECT_EQ(loki_.pushes()[0].entries[0].metadata, loki_.pushes()[1].entries[0].metadata);
}

TEST_F(LokiExporterRetryTest, HoldsWhatAnOperatorHasToMend) {
    open_dead_letters();
    start();
    const Reply replies[] = {answered(401, "no org id"),
                             answered(403),
                             answered(404),
                             answered(260, "ingestion blocked"),
                             answered(400, "multiple org IDs present"),
                             answered(400, "<html>400 Bad Request</html>"),
                             answered(400, "Bad Request"),
                             answered(413, "<html>413 Request Entity Too Large</html>"),
                             answered(422, R"({"message":"blocked"})"),
                             answered(302),
                             answered(200, "<html>")};
    for (const auto& reply : replies) {
        for (int i = 0; i < 5; ++i) {
            loki_.refuse_next(reply);
        }
    }
    add(kDenyStream, seconds(0), "kept");
    exporter_->flush();
    run_for(minutes(30));
    EXPECT_THAT(events_.retries, SizeIs(55));
    EXPECT_THAT(events_.retries, Each(Outcome::Hold));
    EXPECT_THAT(events_.rejected, IsEmpty());
    EXPECT_EQ(dead_letters_count(), 0U);
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("kept"));
    expect_all_settled();
}

TEST_F(LokiExporterRetryTest, AHeldStreamDoesNotHoldUpAnother) {
    start();
    loki_.set_rule([&](const SeenPush& push) {
        return push.stream == kDeny ? answered(429, "maximum active stream limit exceeded")
                                    : loki_.store(push);
    });
    add(kDenyStream, seconds(0), "stuck");
    exporter_->flush();
    run_for(seconds(10));
    for (int i = 0; i < 20; ++i) {
        add(kAllowStream, seconds(i), "free");
        flush_and_run();
    }
    EXPECT_THAT(loki_.lines(kAllow), SizeIs(20));
    EXPECT_THAT(loki_.lines(kDeny), IsEmpty());
    loki_.set_rule(nullptr);
    run_for(minutes(1));
    expect_all_settled();
}

TEST_F(LokiExporterRetryTest, AFullDiskIsTriedOnceForEachPushThatFails) {
    open_spool(1);
    start();
    loki_.set_rule([](const SeenPush&) { return answered(503); });
    for (std::size_t i = 0; i < 12; ++i) {
        exporter_->add_stream({{"job", "boundary"}, {"tool", "t" + std::to_string(i)}});
        add(2 + i, seconds(0), "x");
    }
    exporter_->flush();
    run_for(minutes(10));
    EXPECT_THAT(events_.disk_troubles, Not(IsEmpty()));
    EXPECT_LE(events_.disk_troubles.size(), loki_.pushes().size());
}

TEST_F(LokiExporterRetryTest, LeavesMetadataOutWhereItIsNotAllowed) {
    open_dead_letters();
    start();
    loki_.set_rule([&](const SeenPush& push) {
        for (const auto& entry : push.entries) {
            if (!entry.metadata.empty()) {
                return answered(400,
                                "stream '{}' includes structured metadata, but this feature "
                                "is disallowed. Please see `limits_config`");
            }
        }
        return loki_.store(push);
    });
    const std::vector<base::LabelView> metadata = {{"domain", "h.example"}};
    add(kDenyStream, at(seconds(0)), "a", metadata);
    flush_and_run();
    EXPECT_THAT(loki_.pushes(), SizeIs(2));
    add(kAllowStream, at(seconds(0)), "b", metadata);
    flush_and_run();
    EXPECT_THAT(loki_.pushes(), SizeIs(3)) << "it has learnt";
    EXPECT_EQ(events_.metadata_refused, 1);
    EXPECT_EQ(dead_letters_count(), 0U);
    EXPECT_THAT(loki_.all_lines(), ElementsAre("b", "a"));
    expect_all_settled();
}

/// A server that does not take more than this in one request.
Reply store_up_to(test_support::FakeLoki& loki, const SeenPush& push, std::size_t bytes,
                  const Reply& otherwise) {
    return push.bytes > bytes ? otherwise : loki.store(push);
}

TEST_F(LokiExporterRetryTest, SplitsWhatAGatewayFindsTooLarge) {
    start();
    loki_.set_rule(
        [&](const SeenPush& push) { return store_up_to(loki_, push, 5000, answered(413)); });
    const auto lines = add_many(kDenyStream, 100, 500);
    flush_and_run();
    EXPECT_EQ(loki_.lines(kDeny), lines);
    EXPECT_THAT(events_.retries, IsEmpty()) << "no waiting: it can only be the size";
    expect_all_settled();
}

TEST_F(LokiExporterRetryTest, KeepsASingleEntryThatIsTooLargeInTheDeadLetters) {
    open_dead_letters();
    start();
    loki_.set_rule([&](const SeenPush& push) {
        return store_up_to(loki_, push, 5000, answered(413, "request body too large: by far"));
    });
    add(kDenyStream, seconds(0), "small");
    add(kDenyStream, seconds(1), std::string(6000, 'x'));
    add(kDenyStream, seconds(2), "small, too");
    flush_and_run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("small", "small, too"));
    EXPECT_THAT(events_.rejected, ElementsAre("too_large"));
    EXPECT_EQ(dead_letters_count(), 1U);
    expect_all_settled();
}

TEST_F(LokiExporterRetryTest, AGatewaysAnswersCostNoDecision) {
    open_dead_letters();
    for (const auto& reply :
         {answered(400), answered(400, "Bad Request"), answered(413, "Payload Too Large"),
          answered(413), answered(422, "{}"), answered(403, "<html>")}) {
        loki_.clear();
        start();
        loki_.set_rule([&](const SeenPush&) { return reply; });
        const auto lines = add_many(kDenyStream, 100, 100);
        exporter_->flush();
        run_for(seconds(5));
        EXPECT_THAT(settled(), SizeIs(added_ - 100));
        loki_.set_rule(nullptr);
        run_for(minutes(2));
        EXPECT_EQ(loki_.lines(kDeny), lines) << reply.status << reply.body;
        expect_all_settled();
    }
    EXPECT_THAT(events_.rejected, IsEmpty());
    EXPECT_EQ(dead_letters_count(), 0U);
}

struct PersistentCase {
    const char* says;
    Reply reply;
    bool queries;  ///< whether the server lets us read back
};

TEST_F(LokiExporterRetryTest, SplitsABatchWhoseErrorPersists) {
    const PersistentCase cases[] = {
        {"over the burst", answered(429, "ingestion rate limit exceeded"), true},
        {"over a message's limit", answered(500, "received message larger than max"), true},
        {"the same without queries", answered(500, "received message larger than max"), false},
    };
    for (const auto& test : cases) {
        loki_.set_rule(
            [&](const SeenPush& push) { return store_up_to(loki_, push, 20'000, test.reply); });
        start();
        if (!test.queries) {
            loki_.answer_queries(answered(403));
        }
        const auto lines = add_many(kDenyStream, 100, 1000);
        exporter_->flush();
        run_for(minutes(15));
        EXPECT_EQ(loki_.lines(kDeny), lines) << test.says;
        EXPECT_TRUE(exporter_->idle()) << test.says;
        loki_.clear();
    }
}

TEST_F(LokiExporterRetryTest, DoesNotCutASmallBatchToPieces) {
    start();
    for (int i = 0; i < 30; ++i) {
        loki_.refuse_next(answered(429));
    }
    add_many(kDenyStream, 100, 100);
    exporter_->flush();
    run_for(minutes(30));
    EXPECT_THAT(loki_.pushes(), Each(testing::Field(&SeenPush::entries, SizeIs(100))));
    expect_all_settled();
}

}  // namespace
}  // namespace exporter
