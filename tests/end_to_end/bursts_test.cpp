// SPDX-License-Identifier: MIT
// Boundary's clock ticks in milliseconds, and Loki folds equal entries of one instant into one:
// every repeat has to count all the same.
#include <gtest/gtest.h>

#include "tests/end_to_end/decisions.h"

namespace end_to_end {
namespace {

using test_support::eventually;
using test_support::LokiServer;

constexpr std::size_t kRepeats = 2'000;
constexpr std::size_t kBurstFiles = 50;

std::string repeated(const std::string& line, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += line;
    }
    return text;
}

std::size_t row_count(const LokiServer& loki) {
    return loki.rows(kAllDecisions, now_ns() - kHourNs, now_ns() + kHourNs).size();
}

void expect_rows_and_count(const LokiServer& loki, const Daemon& daemon, std::size_t wanted) {
    EXPECT_TRUE(eventually([&] { return row_count(loki) >= wanted; })) << daemon.log();
    EXPECT_EQ(row_count(loki), wanted);
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(wanted));
}

TEST(BurstsTest, CountsEachOfManyEqualDecisionsOfOneMillisecondInOneFileAndInMany) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    const std::string line = decision_line(now_ns(), 1);
    append_to(daemon.log_dir(), log_name(1), repeated(line, kRepeats));
    daemon.start();
    expect_rows_and_count(loki, daemon, kRepeats);

    for (std::size_t file = 0; file < kBurstFiles; ++file) {
        append_to(daemon.log_dir(), log_name(2 + file), line);
    }
    expect_rows_and_count(loki, daemon, kRepeats + kBurstFiles);
    EXPECT_EQ(daemon.metric("boundary_loki_decisions_total{decision=\"allow\"}"),
              kRepeats + kBurstFiles);
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(BurstsTest, GoesOnCountingWithinTheMillisecondInWhichItWasKilled) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    const std::string line = decision_line(now_ns(), 1);
    std::size_t written = 0;
    for (const std::size_t more : {kRepeats / 2, kRepeats / 4, kRepeats / 4}) {
        append_to(daemon.log_dir(), log_name(1), repeated(line, more));
        written += more;
        daemon.start();
        expect_rows_and_count(loki, daemon, written);
        daemon.kill();
    }
}

}  // namespace
}  // namespace end_to_end
