// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <fstream>
#include <filesystem>

#include "bridge/base/clock.h"
#include "bridge/base/rfc3339.h"
#include "tests/end_to_end/daemon.h"

namespace end_to_end {
namespace {

using test_support::eventually;
using test_support::LokiServer;

std::string deny_line(std::int64_t time_ns, int id) {
    std::string line = "time=";
    base::append_rfc3339_nano(line, time_ns / 1'000'000 * 1'000'000);
    return line + " level=WARN msg=DENY method=GET url=https://h.example/" + std::to_string(id) +
           " host=h.example\n";
}

std::size_t occurrences(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

TEST(LokiAwayTest, WaitsForALokiThatIsNotThereYetAndDeliversAllOnceItIs) {
    constexpr int kDecisions = 500;
    LokiServer loki;  // not started
    Daemon daemon(loki.url());
    std::filesystem::create_directories(daemon.log_dir());
    const base::SystemClock clock;
    {
        std::ofstream log(daemon.log_dir() + "/boundary-2026-06-09_12-00-00-1.log");
        for (int id = 0; id < kDecisions; ++id) {
            log << deny_line(clock.wall_ns(), id);
        }
    }
    daemon.start();
    // Longer than a moment, so that the batches go to the spool, too.
    ASSERT_TRUE(eventually([&] {
        return daemon.metric("boundary_loki_push_retries_total").value_or(0) >= 3 &&
               daemon.metric("boundary_loki_spool_segments").value_or(0) >= 1;
    })) << daemon.log();
    EXPECT_EQ(daemon.metric("boundary_loki_lag_seconds"), 0);  // durable, if not delivered
    EXPECT_EQ(occurrences(daemon.log(), "cannot push to Loki"), 1U) << daemon.log();

    loki.start();
    std::map<std::string, std::int64_t> found;
    EXPECT_TRUE(eventually(
        [&] {
            found = loki.counts("sum by (decision) (count_over_time({job=\"boundary\"}[1h]))",
                                "decision", clock.wall_ns());
            return found["deny"] == kDecisions;
        },
        std::chrono::seconds(60)))
        << found["deny"] << daemon.log();
    EXPECT_EQ(occurrences(daemon.log(), "Loki is back"), 1U) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(LokiAwayTest, WhatIsLeftAtTheEndIsSpooledAndSentByTheNextEvenIfTheLogsAreGone) {
    constexpr int kDecisions = 300;
    LokiServer loki;
    Daemon daemon(loki.url());
    std::filesystem::create_directories(daemon.log_dir());
    const base::SystemClock clock;
    {
        std::ofstream log(daemon.log_dir() + "/boundary-2026-06-09_12-00-00-1.log");
        for (int id = 0; id < kDecisions; ++id) {
            log << deny_line(clock.wall_ns(), id);
        }
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
                           "decision", clock.wall_ns())["deny"] == kDecisions;
    })) << daemon.log();
    EXPECT_TRUE(eventually([&] { return daemon.metric("boundary_loki_spool_segments") == 0; }));
    EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace end_to_end
