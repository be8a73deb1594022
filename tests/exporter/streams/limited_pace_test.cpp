// SPDX-License-Identifier: MIT
#include "exporter/streams/limited_pace.h"

#include <string>

#include "tests/exporter/exporter_fixture.h"

namespace exporter {
namespace {

using test_support::answered;
using test_support::SeenPush;

TEST(LimitedPaceTest, CutsNoPushThatIsRefusedForWhatOthersPush) {
    LimitedPace pace;
    for (int i = 0; i < 20; ++i) {
        pace.refused(4'194'304, 10'000, base::SteadyTime{});
    }
    EXPECT_GE(pace.largest_push(), 10'000U);
}

TEST(LimitedPaceTest, TellsItsOwnExcessFromThatOfOthers) {
    LimitedPace pace;
    pace.refused(1'000'000, 200'000, base::SteadyTime{});
    EXPECT_FALSE(pace.shares_limit()) << "it knew of no limit";
    pace.refused(1'000'000, 200'000, base::SteadyTime{});
    EXPECT_TRUE(pace.shares_limit()) << "it kept to the limit";
    pace.pushed(200'000, base::SteadyTime{});
    pace.refused(1'000'000, 200'000, base::SteadyTime{});
    EXPECT_FALSE(pace.shares_limit()) << "it goes a little faster each time";
    pace.pushed(200'000, base::SteadyTime{});
    pace.refused(1'000'000, 5'000, base::SteadyTime{});
    EXPECT_TRUE(pace.shares_limit()) << "so little is no excess";
}

TEST(LimitedPaceTest, ReadsTheLimitThatLokiNames) {
    const auto tenant = told_limit(
        "Ingestion rate limit exceeded for user fake (limit: 20971 bytes/sec) while attempting to "
        "ingest '600' lines totaling '227000' bytes, reduce log volume");
    ASSERT_TRUE(tenant.has_value());
    EXPECT_EQ(tenant->bytes_per_second, 20971);
    EXPECT_FALSE(tenant->per_stream);
    const auto stream = told_limit(
        "Per stream rate limit exceeded (limit: 3MB/sec) while attempting to ingest for stream "
        "'{}'");
    ASSERT_TRUE(stream.has_value());
    EXPECT_EQ(stream->bytes_per_second, 3 * 1024 * 1024);
    EXPECT_TRUE(stream->per_stream);
    EXPECT_EQ(told_limit("x (limit: 1.5KB/sec)")->bytes_per_second, 1536);
    for (const char* none :
         {"", "(limit: ", "(limit: x bytes/sec)", "(limit: 0 bytes/sec)", "(limit: -5 bytes/sec)",
          "(limit: nan bytes/sec)", "(limit: 20 pushes/sec)", "too many requests"}) {
        EXPECT_EQ(told_limit(none), std::nullopt) << none;
    }
}

/// A Loki that lets a tenant send so many bytes a second, and so many at once.
class RateLimitTest : public ExporterTest {
protected:
    void limit(double bytes_per_second, double burst) {
        allowance_ = burst;
        last_ = clock_.steady();
        loki_.set_rule([this, bytes_per_second, burst](const SeenPush& push) {
            const std::chrono::duration<double> since = clock_.steady() - last_;
            last_ = clock_.steady();
            allowance_ = std::min(burst, allowance_ + since.count() * bytes_per_second);
            double bytes = 0;
            for (const auto& entry : push.entries) {
                bytes += static_cast<double>(entry.line.size());
                for (const auto& [name, value] : entry.metadata) {
                    bytes += static_cast<double>(name.size() + value.size());
                }
            }
            if (bytes > allowance_) {
                ++refused_;
                return answered(429, "Ingestion rate limit exceeded for user fake (limit: " +
                                         std::to_string(static_cast<int>(bytes_per_second)) +
                                         " bytes/sec) while attempting to ingest");
            }
            allowance_ -= bytes;
            taken_ += bytes;
            return loki_.store(push);
        });
    }
    /// How long it takes until all is stored.
    double seconds_for(std::size_t lines) {
        const base::SteadyTime begun = clock_.steady();
        exporter_->flush();
        while (loki_.all_lines().size() < lines &&
               clock_.steady() - begun < std::chrono::minutes(10)) {
            run_for(Milliseconds(100));
        }
        return std::chrono::duration<double>(clock_.steady() - begun).count();
    }

    double allowance_ = 0;
    double taken_ = 0;
    int refused_ = 0;
    base::SteadyTime last_{};
};

TEST_F(RateLimitTest, UsesNearlyAllOfWhatATenantMaySend) {
    open_spool();
    start();
    limit(20'000, 20'000);
    add_many(kAllowStream, 300, 378);
    add_many(kDenyStream, 300, 378);
    const double took = seconds_for(600);
    const double least = (600.0 * 378 - 20'000) / 20'000;
    EXPECT_LE(took, least / 0.8);
    EXPECT_LE(refused_, 40);
    expect_all_settled();
}

TEST_F(RateLimitTest, CutsWhatIsLargerThanTheBurst) {
    for (const double burst : {100'000.0, 20'000.0, 4'000.0}) {
        loki_.clear();
        added_ = 0;
        open_spool();
        start();
        limit(20'000, burst);
        add_many(kAllowStream, 600, 378);
        EXPECT_LE(seconds_for(600), 600.0 * 378 / 20'000 / 0.8) << burst;
    }
}

TEST_F(RateLimitTest, GivesWayWhereOthersUseTheLimitUp) {
    open_spool();
    start();
    limit(4'194'304, 0);
    add_many(kAllowStream, 20, 378);
    add_many(kDenyStream, 20, 378);
    exporter_->flush();
    run_for(std::chrono::minutes(1));
    EXPECT_THAT(refused_, testing::AllOf(testing::Ge(4), testing::Le(16)));
    EXPECT_EQ(exporter_->in_flight_bytes(), 0U);
    limit(4'194'304, 4'194'304);
    run_for(std::chrono::minutes(1));
    EXPECT_THAT(loki_.all_lines(), testing::SizeIs(40));
    EXPECT_EQ(loki_.queries(), 0U) << "nothing that was refused for this is stored";
    expect_all_settled();
}

TEST_F(RateLimitTest, SpoolsAllStreamsThatTheTenantsLimitHoldsUp) {
    open_spool();
    start();
    limit(4'194'304, 0);
    for (std::size_t i = 0; i < 12; ++i) {
        exporter_->add_stream({{"tool", "t" + std::to_string(i)}});
        add(2 + i, std::chrono::seconds(0), "x");
    }
    exporter_->flush();
    run_for(std::chrono::minutes(1));
    EXPECT_EQ(exporter_->in_flight_bytes(), 0U);
}

TEST_F(RateLimitTest, GivesWayWhereOthersUseUpWhatAStreamMayTake) {
    start();
    loki_.set_rule([this](const SeenPush&) {
        ++refused_;
        return answered(
            429, "Per stream rate limit exceeded (limit: 3MB/sec) while attempting to ingest");
    });
    add_many(kAllowStream, 20, 378);
    exporter_->flush();
    run_for(std::chrono::minutes(1));
    EXPECT_THAT(refused_, testing::AllOf(testing::Ge(4), testing::Le(16)));
    add_many(kDenyStream, 1, 378);
    exporter_->flush();
    loki_.set_rule(nullptr);
    run();
    EXPECT_THAT(loki_.lines(kDeny), testing::SizeIs(1)) << "it waits for no other stream";
    run_for(std::chrono::minutes(1));
    expect_all_settled();
}

TEST_F(RateLimitTest, GoesFasterOnceTheLimitIsRaised) {
    start();
    limit(20'000, 20'000);
    add_many(kAllowStream, 100, 378);
    EXPECT_LE(seconds_for(100), 5);
    limit(1'000'000, 1'000'000);
    for (int i = 0; i < 2'000; ++i) {
        add(kAllowStream, std::chrono::microseconds(1 + i), "later " + std::string(1'000, 'x'));
    }
    EXPECT_LE(seconds_for(2'100), 60) << "at the old limit it takes 100 s";
}

}  // namespace
}  // namespace exporter
