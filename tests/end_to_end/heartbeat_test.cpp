// SPDX-License-Identifier: MIT
// What a daemon tells Loki of itself, and what becomes of that when it ends.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/daemon.h"
#include "tests/end_to_end/decisions.h"

namespace end_to_end {
namespace {

using test_support::eventually;
using test_support::LokiServer;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kBeats =
    R"({job="boundary-loki", owner="joe", workspace_name="w1", agent_name="main"})";

class HeartbeatTest : public testing::Test {
protected:
    HeartbeatTest() { loki_.start(); }
    [[nodiscard]] std::vector<LokiServer::Row> beats(const std::string& selector = kBeats) const {
        return loki_.rows(selector, now_ns() - kHourNs, now_ns());
    }
    /// What is counted under this name in all of them.
    [[nodiscard]] std::int64_t told(const std::string& name) const {
        return loki_.counts(
            "sum(sum_over_time(" + std::string(kBeats) + " | logfmt | unwrap " + name + " [1h]))",
            "", now_ns())[""];
    }
    /// What they said last of this.
    [[nodiscard]] std::int64_t last(const std::string& name) const {
        return loki_.counts("last_over_time(" + std::string(kBeats) + " | logfmt | unwrap " + name +
                                " [1h]) by (owner)",
                            "owner", now_ns())["joe"];
    }

    LokiServer loki_;
};

TEST_F(HeartbeatTest, TellsLokiHowTheDaemonDoes) {
    Daemon daemon(loki_.url());
    daemon.start({"--heartbeat", "1s"});
    append_to(daemon.log_dir(), log_name(1),
              allow_line(now_ns(), 0) + deny_line(now_ns(), 1) + "no line of Boundary's\n");
    ASSERT_EQ(judge_when_there(loki_, 2), kAllThereOnce) << daemon.log();
    EXPECT_TRUE(eventually([&] { return told("denied") == 1; })) << daemon.log();
    EXPECT_EQ(told("allowed"), 1);
    EXPECT_EQ(told("unparsed"), 1);
    EXPECT_EQ(last("up"), 1);
    // Panels that select by the namespace show decisions.
    EXPECT_THAT(beats(R"({namespace="coder-workspaces"} |= "heartbeat")"), SizeIs(0));
    EXPECT_EQ(beats().front().labels.at("namespace"), "coder-workspaces");
    EXPECT_EQ(metric_count(loki_), 2);

    // It ends in order, and says so.
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(last("up"), 0);
    daemon.start({"--heartbeat", "1s"});
    EXPECT_TRUE(eventually([&] { return last("up") == 1; }));
    EXPECT_EQ(told("denied"), 1);  // what was counted once is not counted again
    daemon.kill();
    EXPECT_EQ(last("up"), 1);
}

TEST_F(HeartbeatTest, SaysNothingOfWhatNobodyWaitsFor) {
    // One that ends before the first is due.
    Daemon daemon(loki_.url());
    const auto begun = std::chrono::steady_clock::now();
    daemon.start();
    append_to(daemon.log_dir(), log_name(1), allow_line(now_ns(), 0));
    ASSERT_EQ(judge_when_there(loki_, 1), kAllThereOnce) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    const bool was_due = std::chrono::steady_clock::now() - begun >= std::chrono::seconds(10);
    EXPECT_TRUE(was_due || beats().empty());
    // And while Loki is away: none is kept for later.
    daemon.start({"--heartbeat", "1s"});
    EXPECT_TRUE(eventually([&] { return !beats().empty(); })) << daemon.log();
    loki_.kill();
    EXPECT_TRUE(eventually([&] { return daemon.log().find("heartbeat") != std::string::npos; }));
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_THAT(daemon.log(), HasSubstr("spooled_bytes=0"));
}

}  // namespace
}  // namespace end_to_end
