// SPDX-License-Identifier: MIT
#include <filesystem>

#include <gtest/gtest.h>

#include "tests/end_to_end/decisions.h"

namespace end_to_end {
namespace {

using test_support::eventually;
using test_support::LokiServer;

TEST(LokiAwayTest, WaitsForALokiThatIsNotThereYetAndDeliversAllOnceItIs) {
    constexpr std::int64_t kDecisions = 500;
    LokiServer loki;  // not started
    Daemon daemon(loki.url());
    for (std::size_t id = 0; id < kDecisions; ++id) {
        append_to(daemon.log_dir(), log_name(1), deny_line(now_ns(), id));
    }
    daemon.start();
    // Longer than a moment, so that the batches go to the spool, too.
    ASSERT_TRUE(eventually([&] {
        return daemon.metric("boundary_loki_push_retries_total").value_or(0) >= 3 &&
               daemon.metric("boundary_loki_spool_segments").value_or(0) >= 1;
    })) << daemon.log();
    // Durable, if not delivered.
    EXPECT_TRUE(eventually([&] { return daemon.metric("boundary_loki_lag_seconds") == 0; }));
    EXPECT_EQ(occurrences(daemon.log(), "cannot push to Loki"), 1U) << daemon.log();

    loki.start();
    std::map<std::string, std::int64_t> found;
    EXPECT_TRUE(eventually([&] {
        found = loki.counts("sum by (decision) (count_over_time({job=\"boundary\"}[1h]))",
                            "decision", now_ns());
        return found["deny"] == kDecisions;
    })) << found["deny"]
        << daemon.log();
    // What Loki shows, the daemon may not have been told yet.
    EXPECT_TRUE(eventually([&] { return occurrences(daemon.log(), "Loki is back") == 1; }))
        << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(LokiAwayTest, WhatIsLeftAtTheEndIsSpooledAndSentByTheNextEvenIfTheLogsAreGone) {
    constexpr std::int64_t kDecisions = 300;
    LokiServer loki;
    Daemon daemon(loki.url());
    for (std::size_t id = 0; id < kDecisions; ++id) {
        append_to(daemon.log_dir(), log_name(1), deny_line(now_ns(), id));
    }
    daemon.start();
    ASSERT_TRUE(eventually([&] {
        return daemon.metric("boundary_loki_decisions_total{decision=\"deny\"}") == kDecisions;
    })) << daemon.log();
    ASSERT_EQ(daemon.stop(), 0) << daemon.log();
    std::filesystem::remove_all(daemon.log_dir());

    loki.start();
    daemon.start();
    EXPECT_TRUE(eventually([&] {
        return loki.counts("sum by (decision) (count_over_time({job=\"boundary\"}[1h]))",
                           "decision", now_ns())["deny"] == kDecisions;
    })) << daemon.log();
    EXPECT_TRUE(eventually([&] { return daemon.metric("boundary_loki_spool_segments") == 0; }));
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(LokiAwayTest, ADayOfDecisionsIsSpooledAndTakenWhenTheLogsAreLongGone) {
    constexpr std::size_t kFiles = 300;
    constexpr std::size_t kDecisions = 6'000;
    constexpr std::int64_t kSpanNs = 6 * kHourNs;
    LokiServer loki;
    Daemon daemon(loki.url());
    daemon.start();
    // Each file is written to for half an hour, so that about 25 grow at any time.
    const std::int64_t begin_ns = now_ns() - kSpanNs;
    for (std::size_t id = 0; id < kDecisions; ++id) {
        const std::size_t newest_file = id * (kFiles - 25) / kDecisions;
        append_to(daemon.log_dir(), log_name(1 + newest_file + id % 25),
                  decision_line(begin_ns + static_cast<std::int64_t>(id) * kSpanNs /
                                               static_cast<std::int64_t>(kDecisions),
                                id));
    }
    ASSERT_TRUE(eventually(
        [&] {
            return daemon.metric("boundary_loki_lines_total{kind=\"decision\"}") == kDecisions &&
                   daemon.metric("boundary_loki_in_flight_bytes") == 0;
        },
        std::chrono::seconds(180)))  // hundreds of segments, each synced to the disk
        << daemon.log();
    EXPECT_GT(daemon.metric("boundary_loki_spool_segments").value_or(0), 0);
    ASSERT_EQ(daemon.stop(), 0) << daemon.log();
    std::filesystem::remove_all(daemon.log_dir());

    loki.start();
    daemon.start();
    EXPECT_EQ(judge_when_there(loki, kDecisions, std::chrono::minutes(5)), kAllThereOnce)
        << daemon.log();
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(kDecisions));
    EXPECT_EQ(loki.metric("loki_discarded_samples_total"), 0);
    EXPECT_EQ(rejected_entries(daemon), 0);
    EXPECT_TRUE(eventually([&] { return daemon.metric("boundary_loki_spool_segments") == 0; }));
    EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace end_to_end
