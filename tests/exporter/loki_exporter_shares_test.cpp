// SPDX-License-Identifier: MIT
#include <filesystem>
#include <string>

#include "tests/exporter/exporter_fixture.h"

namespace exporter {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test_support::answered;
using test_support::SeenPush;
using testing::Each;
using testing::SizeIs;

/// What one stream may take of what all have.
class SharesTest : public ExporterTest {
protected:
    static constexpr std::size_t kShare = 64U << 10U;

    /// Loki refuses one stream for as long as it is asked.
    void refuse_allows() {
        loki_.set_rule([this](const SeenPush& push) {
            return push.stream == kAllow ? answered(503) : loki_.store(push);
        });
    }
    /// As a file is: until there is no room.
    std::size_t add_while_there_is_room(std::size_t stream, std::size_t most) {
        std::size_t added = 0;
        while (added < most && exporter_->has_room(stream, at(seconds(0)), kShare)) {
            add(stream, std::chrono::nanoseconds(added++), std::string(1'000, 'x'));
        }
        return added;
    }
};

TEST_F(SharesTest, AStreamThatStandsStillLeavesTheOthersTheirMemory) {
    refuse_allows();
    start();
    EXPECT_LT(add_while_there_is_room(kAllowStream, 10'000), 80U);
    run_for(seconds(60));
    EXPECT_EQ(add_while_there_is_room(kAllowStream, 10'000), 0U);
    for (int i = 0; i < 10; ++i) {
        EXPECT_GE(add_while_there_is_room(kDenyStream, 20), 20U);
        run_for(seconds(2));
    }
    EXPECT_THAT(loki_.lines(kDeny), SizeIs(20)) << "the same twenty lines each time";
    EXPECT_LE(exporter_->in_flight_bytes(), 2 * kShare);
}

TEST_F(SharesTest, AStreamThatStandsStillLeavesTheOthersASpool) {
    constexpr std::uint64_t kSpool = 256U << 10U;
    settings_.batch_bytes = 1'000;
    open_spool(kSpool);
    refuse_allows();
    start();
    for (int i = 0; i < 200; ++i) {
        add(kAllowStream, std::chrono::nanoseconds(i), std::string(900, 'x') + std::to_string(i));
    }
    run_for(minutes(2));
    EXPECT_LE(spool_->bytes(), kSpool * 4 / 5 + 8'192);
    EXPECT_GE(spool_->bytes(), kSpool / 2);
    EXPECT_FALSE(events_.disk_troubles.empty());
    loki_.set_rule([](const SeenPush&) { return answered(503); });
    add(kDenyStream, seconds(0), "deny");
    const std::uint64_t before = spool_->bytes();
    run_for(seconds(30));
    EXPECT_GT(spool_->bytes(), before) << "there is room for it";
}

TEST_F(SharesTest, WhoHasItsShareOfTheSpoolKeepsNobodyElseFromIt) {
    settings_.batch_bytes = 1'000;
    open_spool(256U << 10U);
    loki_.set_rule([](const SeenPush&) {
        return answered(429,
                        "Ingestion rate limit exceeded for user x (limit: 1024 bytes/sec) while "
                        "attempting to ingest");
    });
    start();
    for (int i = 0; i < 200; ++i) {
        add(kAllowStream, std::chrono::nanoseconds(i), std::string(900, 'x') + std::to_string(i));
    }
    run_for(minutes(5));
    EXPECT_GT(exporter_->in_flight_bytes(), 0U) << "it has its share, and waits";
    const std::uint64_t waits = exporter_->in_flight_bytes();
    add(kDenyStream, seconds(0), "deny");
    run_for(minutes(2));
    EXPECT_EQ(exporter_->in_flight_bytes(), waits) << "the other one lies on disk";
}

TEST_F(SharesTest, TheCapCountsWhatSegmentsTakeOnDisk) {
    constexpr std::uint64_t kSpool = 64U << 10U;
    settings_.batch_bytes = 10;
    open_spool(kSpool);
    loki_.set_rule([](const SeenPush&) { return answered(503); });
    start();
    for (int i = 0; i < 1'000; ++i) {
        add(i % 2 == 0 ? kAllowStream : kDenyStream, std::chrono::nanoseconds(i), "one entry each");
    }
    run_for(minutes(2));
    EXPECT_LE(spool_->segments(), kSpool / 4'096);
    std::uint64_t on_disk = 0;
    for (const auto& file : std::filesystem::directory_iterator(spool_path())) {
        on_disk += (file.file_size() + 4'095) / 4'096 * 4'096;
    }
    EXPECT_EQ(spool_->bytes(), on_disk);
    EXPECT_LE(on_disk, kSpool);
}

TEST_F(SharesTest, WhatWaitsForItsTimeIsBoundedAndTheRestSetAside) {
    settings_.most_bytes_ahead = 64U << 10U;
    settings_.batch_bytes = 16U << 10U;
    open_spool();
    open_dead_letters();
    start();
    loki_.set_rule([this](const SeenPush& push) {
        const bool ahead = push.entries.back().timestamp_ns > clock_.wall_ns() + kFurthestAheadNs;
        return ahead ? answered(400, "entry for stream has timestamp too new: x")
                     : loki_.store(push);
    });
    constexpr int kAhead = 2'000;
    for (int i = 0; i < kAhead; ++i) {
        add(kDenyStream, minutes(55) + std::chrono::nanoseconds(i),
            std::to_string(i) + std::string(1'000, 'x'));
    }
    add(kDenyStream, seconds(0), "real");
    run_for(seconds(5));
    EXPECT_THAT(loki_.lines(kDeny), testing::ElementsAre("real"));
    EXPECT_GE(events_.rejected.size(), 1'000U);
    EXPECT_THAT(events_.rejected, Each("too_far_in_future"));
    EXPECT_EQ(dead_letters_count(), events_.rejected.size());
    EXPECT_LE(spool_->bytes(), 2 * settings_.most_bytes_ahead);
    const std::size_t requests = loki_.pushes().size();
    run_for(minutes(30));
    EXPECT_LE(loki_.pushes().size() - requests, 120U) << "a try a minute for each stream";
    run_for(minutes(70));
    EXPECT_EQ(loki_.all_lines().size() + dead_letters_count(), 1U + kAhead);
    expect_all_settled();
}

TEST_F(SharesTest, WhatWaitsIsAsOldAsItIsWhateverItsStamp) {
    loki_.set_rule([](const SeenPush&) { return answered(503); });
    start();
    EXPECT_EQ(exporter_->waits_since_ns(), std::nullopt);
    add(kDenyStream, minutes(55), "ahead");
    add(kAllowStream, minutes(9), "a little ahead");
    const std::int64_t gathered_ns = clock_.wall_ns();
    run_for(minutes(20));
    EXPECT_EQ(exporter_->waits_since_ns(), gathered_ns);
    add(kAllowStream, seconds(-100), "behind");
    EXPECT_EQ(exporter_->waits_since_ns(), gathered_ns - 100 * base::kNanosPerSecond);
}

}  // namespace
}  // namespace exporter
