// SPDX-License-Identifier: MIT
// Dead letters come back: what was refused once is sent again by `replay`, and counted once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/decisions.h"

namespace end_to_end {
namespace {

using test_support::LokiServer;
using test_support::RunResult;
using test_support::TempDir;
using testing::HasSubstr;

RunResult replay(const std::string& path, const std::string& url,
                 const std::vector<std::string>& more = {}) {
    std::vector<std::string> command = {BOUNDARY_LOKI_BINARY, "replay", path, "--loki-url", url};
    command.insert(command.end(), more.begin(), more.end());
    return test_support::run_command(command);
}

TEST(DeadLettersTest, WhatWasRefusedIsSentOnceItIsTaken) {
    constexpr std::size_t kCount = 40;
    // It takes no line of ours, as a Loki does whose operator has set a limit too low.
    LokiServer strict({.auth_enabled = false, .limits = "max_line_size: 100"});
    LokiServer loki;
    strict.start();
    loki.start();
    const TempDir folder;
    for (std::size_t id = 0; id < kCount; ++id) {
        append_to(folder.file("logs"), log_name(id % 3), decision_line(now_ns() - kMinuteNs, id));
    }
    const auto refused =
        replay(folder.file("logs"), strict.url(), {"--state-dir", folder.file("state")});
    EXPECT_EQ(refused.status, 1) << refused.errors;
    const std::string letters = folder.file("state/dead-letter/rejected.ndjson");
    ASSERT_EQ(letters_in(letters).size(), kCount);

    const auto again = replay(letters, strict.url());
    EXPECT_EQ(again.status, 1);
    EXPECT_THAT(again.errors, HasSubstr("entries=40 not_understood=0 damaged=0 pushed=0 "
                                        "rejected=40 left=0"));
    for (int round = 0; round < 2; ++round) {  // the second time, all is there
        const auto sent = replay(letters, loki.url());
        EXPECT_EQ(sent.status, 0) << sent.errors;
        EXPECT_THAT(sent.errors, HasSubstr("pushed=40 rejected=0 left=0"));
        EXPECT_EQ(judge_when_there(loki, kCount), kAllThereOnce);
        EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(kCount));
    }
    const auto whole = test_support::run_command(
        {BOUNDARY_LOKI_BINARY, "verify", folder.file("logs"), "--loki-url", loki.url()});
    EXPECT_EQ(whole.status, 0) << whole.output;
}

TEST(DeadLettersTest, WhatCannotBeSentIsSaid) {
    LokiServer loki;
    loki.start();
    const TempDir folder;
    append_to(folder.file("logs"), log_name(1), "no decision\n" + decision_line(now_ns(), 0));
    const auto printed = test_support::run_command(
        {BOUNDARY_LOKI_BINARY, "replay", "--output", "ndjson", folder.file("logs")});
    const std::string letters = folder.file("rejected.ndjson");
    folder.append("rejected.ndjson",
                  R"({"reason":"no key=value pair","session":"s","text":"no decision"})"
                  "\n" +
                      printed.output + printed.output + "{\"reason\":\"torn\n{}\n\n");
    const auto sent = replay(letters, loki.url());
    EXPECT_EQ(sent.status, 1) << sent.errors;
    EXPECT_THAT(sent.errors, HasSubstr("entries=1 not_understood=1 damaged=2 pushed=1 rejected=0"));
    EXPECT_THAT(sent.errors, HasSubstr("no key=value pair"));
    EXPECT_EQ(metric_count(loki), 1);
    // Beside logs, and without Loki.
    const auto both = test_support::run_command(
        {BOUNDARY_LOKI_BINARY, "replay", "--dry-run", letters, folder.file("logs")});
    EXPECT_EQ(both.status, 1);
    EXPECT_THAT(both.errors, HasSubstr("entries=1 not_understood=1 damaged=2"));
    EXPECT_THAT(both.errors, HasSubstr("lines=2 allowed=0 denied=1"));
    // What is printed can be sent, too.
    const auto again =
        test_support::run_command({BOUNDARY_LOKI_BINARY, "replay", "--output", "ndjson", letters});
    EXPECT_EQ(again.output, printed.output);
}

}  // namespace
}  // namespace end_to_end
