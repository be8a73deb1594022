// SPDX-License-Identifier: MIT
// One decision is one, wherever the server, the folder or the network is odd.
#include <atomic>
#include <filesystem>

#include <gtest/gtest.h>

#include "tests/end_to_end/decisions.h"
#include "tests/support/fault_server.h"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;
using test_support::Fault;
using test_support::FaultServer;
using test_support::LokiServer;
using test_support::run_command;
using test_support::TempDir;

constexpr std::size_t kDecisions = 600;

/// Six logs of a hundred decisions each, all stamped alike.
void write_equal_stamps(const std::string& folder) {
    const std::int64_t stamp_ns = now_ns() - kMinuteNs;
    for (std::size_t id = 0; id < kDecisions; ++id) {
        append_to(folder, log_name(id / 100), decision_line(stamp_ns, id));
    }
}

void expect_each_once(const LokiServer& loki, std::size_t count = kDecisions) {
    EXPECT_EQ(judge_when_there(loki, count), kAllThereOnce);
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(count));
}

TEST(IdentityTest, AServerMayMoveEqualTimestamps) {
    LokiServer loki({.auth_enabled = false, .limits = "increment_duplicate_timestamp: true"});
    loki.start();
    Daemon daemon(loki.url());
    write_equal_stamps(daemon.log_dir());
    daemon.start();
    ASSERT_EQ(judge_when_there(loki, kDecisions), kAllThereOnce);
    daemon.kill();
    fs::remove(daemon.state_dir() + "/checkpoint");
    daemon.start();
    expect_each_once(loki);
    EXPECT_EQ(daemon.stop(), 0);
    for (int round = 0; round < 2; ++round) {
        const auto replay =
            run_command({BOUNDARY_LOKI_BINARY, "replay", daemon.log_dir(), "--loki-url", loki.url(),
                         "--owner", "joe", "--workspace", "w1", "--agent", "main", "--template",
                         "firewalled", "--namespace", "coder-workspaces"});
        ASSERT_EQ(replay.status, 0) << replay.errors;
        expect_each_once(loki);
    }
}

TEST(IdentityTest, AFolderMayHaveTwoNames) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    write_equal_stamps(daemon.log_dir());
    const TempDir beside;
    fs::create_directory_symlink(daemon.log_dir(), beside.file("link"));
    daemon.start({"--log-dir", beside.file("link")});
    ASSERT_EQ(judge_when_there(loki, kDecisions), kAllThereOnce);
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), kDecisions));
    expect_each_once(loki, kDecisions + 1);
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(occurrences(daemon.log(), "a log folder is another one's under another name"), 1U);
}

TEST(IdentityTest, LogsMayComeBackUnderOtherInodes) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    write_equal_stamps(daemon.log_dir());
    daemon.start();
    ASSERT_EQ(judge_when_there(loki, kDecisions), kAllThereOnce);
    ASSERT_EQ(daemon.stop(), 0);
    const std::string backup = daemon.log_dir() + "-backup";
    fs::copy(daemon.log_dir(), backup, fs::copy_options::recursive);
    fs::remove_all(daemon.log_dir());
    fs::rename(backup, daemon.log_dir());
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), kDecisions));
    daemon.start();
    expect_each_once(loki, kDecisions + 1);
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(IdentityTest, AGatewayMayAnswerInLokisPlace) {
    const Fault answers[] = {Fault::answer(400, "Bad Request"),
                             Fault::answer(400, "<html><h1>400 Bad Request</h1></html>"),
                             Fault::answer(413, "<html>413 Request Entity Too Large</html>"),
                             Fault::answer(422, "{\"message\":\"request blocked\"}"),
                             Fault::answer(403, "<html>403 Forbidden</html>"),
                             Fault::answer(502, "<html>502 Bad Gateway</html>")};
    LokiServer loki;
    loki.start();
    FaultServer network(loki.port());
    Daemon daemon(network.url());
    daemon.start({"--batch-wait", "100ms"});
    std::size_t written = 0;
    for (const auto& answer : answers) {
        std::atomic<int> answered = 0;
        network.set_rule([&](const test_support::SeenRequest& request) {
            if (request.method == "GET") {
                return Fault::of(Fault::Kind::Forward);
            }
            ++answered;
            return answer;
        });
        for (int i = 0; i < 100; ++i) {
            append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), written++));
        }
        EXPECT_TRUE(eventually([&] { return answered >= 3; }));
        network.set_rule([](const auto&) { return Fault::of(Fault::Kind::Forward); });
        EXPECT_EQ(judge_when_there(loki, written, std::chrono::seconds(120)), kAllThereOnce);
    }
    expect_each_once(loki, written);
    EXPECT_EQ(rejected_entries(daemon), 0);
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(IdentityTest, ADecisionMayStandBehindTornBytes) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    const std::string torn = decision_line(now_ns(), 99);
    std::size_t written = 0;
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{30}, torn.size() / 2}) {
        append_to(daemon.log_dir(), log_name(1), torn.substr(0, bytes));
        append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), written++));
    }
    append_to(daemon.log_dir(), log_name(1), "\xFF\xFE{\"" + decision_line(now_ns(), written++));
    daemon.start();
    expect_each_once(loki, written);
    EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace end_to_end
