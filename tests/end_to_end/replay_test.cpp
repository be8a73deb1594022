// SPDX-License-Identifier: MIT
// A replay that is interrupted at random and resumed: Loki holds each decision once.
#include <random>
#include <regex>

#include <gtest/gtest.h>

#include "tests/end_to_end/decisions.h"

namespace end_to_end {
namespace {

using test_support::LokiServer;
using test_support::Process;
using test_support::TempDir;

constexpr std::size_t kReplayed = 30'000;

std::uint64_t field(const std::string& text, const std::string& name) {
    const std::regex pattern(" " + name + "=(\\d+)");
    std::smatch found;
    const std::string last = text.substr(std::min(text.rfind("msg=replayed"), text.size()));
    return std::regex_search(last, found, pattern) ? std::stoull(found[1]) : 999'999'999;
}

TEST(ReplayTest, InterruptedAtRandomAndResumedStoresEachDecisionOnce) {
    LokiServer loki;
    loki.start();
    const TempDir folder;
    const std::int64_t begin_ns = now_ns() - 10 * kMinuteNs;
    std::string lines;
    for (std::size_t id = 0; id < kReplayed; ++id) {
        lines += decision_line(begin_ns + static_cast<std::int64_t>(id) * 10'000'000, id);
        if (id % 1000 == 999) {
            append_to(folder.file("logs"), log_name(id / 3000), lines);
            lines.clear();
        }
    }
    const std::vector<std::string> command = {
        BOUNDARY_LOKI_BINARY, "replay",        folder.file("logs"),
        "--loki-url",         loki.url(),      "--state-dir",
        folder.file("state"), "--batch-bytes", "64KiB"};
    const char* given = std::getenv("BOUNDARY_LOKI_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device{}();
    SCOPED_TRACE("BOUNDARY_LOKI_SEED=" + std::to_string(seed));
    std::mt19937 dice(seed);
    for (int round = 0; round < 6; ++round) {
        Process::Options options;
        options.errors = folder.file("errors");
        Process replay(command, options);
        const auto patience = std::chrono::milliseconds(dice() % 400);
        if (replay.wait(patience)) {
            continue;  // it was quicker
        }
        if (dice() % 2 == 0) {
            replay.kill();
        } else {
            replay.signal(SIGINT);
            EXPECT_TRUE(replay.wait(std::chrono::seconds(15)));
        }
    }
    const auto last = test_support::run_command(command);
    ASSERT_EQ(last.status, 0) << last.errors;
    EXPECT_EQ(field(last.errors, "rejected"), 0U) << last.errors;
    EXPECT_EQ(field(last.errors, "left"), 0U) << last.errors;
    EXPECT_EQ(judge_when_there(loki, kReplayed), kAllThereOnce);
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(kReplayed));

    // From the beginning, without a state: the account of it all, and nothing is doubled.
    const auto whole = test_support::run_command(
        {BOUNDARY_LOKI_BINARY, "replay", folder.file("logs"), "--loki-url", loki.url()});
    ASSERT_EQ(whole.status, 0) << whole.errors;
    const auto& text = whole.errors;
    EXPECT_EQ(field(text, "lines"), kReplayed) << text;
    EXPECT_EQ(field(text, "allowed") + field(text, "denied"), kReplayed) << text;
    EXPECT_EQ(field(text, "pushed") + field(text, "rejected") + field(text, "left"), kReplayed)
        << text;
    EXPECT_EQ(field(text, "left"), 0U) << text;
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(kReplayed));
}

}  // namespace
}  // namespace end_to_end
