// SPDX-License-Identifier: MIT
// Nothing is silent: what is skipped, held, refused or slow is said once, and shipping goes on.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/end_to_end/decisions.h"
#include "tests/support/programs.h"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test_support::eventually;
using test_support::LokiServer;
using test_support::Process;
using testing::HasSubstr;

double seconds_since(steady_clock::time_point begun) {
    return std::chrono::duration<double>(steady_clock::now() - begun).count();
}

void expect_the_end(Daemon& daemon, const LokiServer& loki) {
    EXPECT_TRUE(eventually([&] { return lag_seconds(daemon) == 0; })) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");
}

std::string doctor(const Daemon& daemon, const LokiServer& loki) {
    return test_support::run_command({BOUNDARY_LOKI_BINARY, "doctor", "--json", "--loki-url",
                                      loki.url(), "--log-dir", daemon.log_dir(), "--state-dir",
                                      daemon.state_dir(), "--metrics-address", "off"})
        .output;
}

TEST(SilenceTest, WhatIsSkippedIsSaidOnceAKindWithWhatToDo) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    const bool root = ::geteuid() == 0;  // nobody else can make another user's file
    const auto path = [&](std::size_t number) { return daemon.log_dir() + "/" + log_name(number); };
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), 1));
    append_to(daemon.log_dir(), log_name(2), decision_line(now_ns(), 2));
    for (const std::size_t number : {3U, 4U}) {
        fs::create_symlink(path(1), path(number));
        ASSERT_EQ(::mkfifo(path(number + 2).c_str(), 0600), 0);
    }
    if (root) {
        ASSERT_EQ(::chown(path(2).c_str(), 12345, 12345), 0);
    }
    daemon.start();
    EXPECT_TRUE(arrives(loki, 1)) << daemon.log();
    EXPECT_TRUE(says(daemon, "it is a symbolic link"));
    EXPECT_TRUE(says(daemon, "it is a FIFO"));
    EXPECT_EQ(occurrences(daemon.log(), "a file in a log folder is not read"), root ? 3U : 2U)
        << daemon.log();
    EXPECT_EQ(occurrences(daemon.log(), "file=" + path(2) + " cause=\"user 12345 owns it"),
              root ? 1U : 0U);
    if (root) {
        EXPECT_THAT(daemon.log(), HasSubstr("--trust-owner 12345"));
        EXPECT_THAT(doctor(daemon, loki), HasSubstr("--trust-owner 12345"));
        EXPECT_FALSE(is_stored(loki, 2));
        EXPECT_EQ(daemon.stop(), 0);
        daemon.start({"--trust-owner", "12345"});
    }
    EXPECT_TRUE(arrives(loki, 2)) << daemon.log();
    expect_the_end(daemon, loki);
}

TEST(SilenceTest, WithoutInotifyWatchesItListsTheFolders) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    daemon.wrap({"unshare", "--user", "--map-root-user", "sh", "-c",
                 "echo 0 >/proc/sys/user/max_inotify_watches && exec \"$@\"", "sh"});
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), 0));
    daemon.start();
    EXPECT_TRUE(arrives(loki, 0)) << daemon.log();
    EXPECT_TRUE(says(daemon, "the kernel gives no inotify watch"));
    const auto begun = steady_clock::now();
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), 1));
    EXPECT_TRUE(eventually([&] { return is_stored(loki, 1); }, seconds(20))) << daemon.log();
    std::cout << "without a watch a decision was stored after " << seconds_since(begun) << " s\n";
    // Loki shows it before its answer is here.
    EXPECT_TRUE(eventually([&] { return lag_seconds(daemon) == 0; })) << daemon.log();
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), 2));
    EXPECT_EQ(daemon.stop(), 0);  // at once: no listing has seen it
    EXPECT_EQ(judge_when_there(loki, 3), kAllThereOnce) << daemon.log();
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(SilenceTest, WhatIsWrongIsWarnedOfAtTheFirstAndNotAtEach) {
    constexpr std::size_t kEach = 1'000;
    constexpr std::size_t kOld = 50;
    LokiServer loki({.limits = "reject_old_samples_max_age: 8h"});
    loki.start();
    Daemon daemon(loki.url());
    std::string text;
    for (std::size_t i = 0; i < kEach; ++i) {
        text += "this is no line of Boundary's\n";
        std::string forged = decision_line(now_ns(), kEach + i);
        forged.insert(forged.find(" url="), " extra=1");
        text += forged;
    }
    append_to(daemon.log_dir(), log_name(1), text);
    std::string old;
    for (std::size_t i = 1; i <= kOld; ++i) {
        old += decision_line(now_ns() - 9 * kHourNs, i);
    }
    append_to(daemon.log_dir(), log_name(2), old);
    append_to(daemon.log_dir(), log_name(3), decision_line(now_ns(), 0));
    daemon.start();
    EXPECT_TRUE(arrives(loki, 0)) << daemon.log();
    EXPECT_TRUE(eventually([&] { return rejected_entries(daemon) == kOld; })) << daemon.log();
    fs::resize_file(daemon.log_dir() + "/" + log_name(1), 0);
    for (const char* what :
         {"lines that are not understood", "verdicts that Boundary cannot have written",
          "log files were changed as no writer", "Loki refuses entries for good"}) {
        EXPECT_TRUE(says(daemon, what)) << what << daemon.log();
        EXPECT_EQ(occurrences(daemon.log(), what), 1U) << daemon.log();
    }
    EXPECT_EQ(daemon.metric("boundary_loki_lines_total{kind=\"unparsed\"}"), kEach);
    EXPECT_EQ(rows_by_id(loki).size(), 1U) << "no forged line is a decision";
    expect_the_end(daemon, loki);
}

/// A Boundary with a daemon in its jail.
class Jailed {
public:
    explicit Jailed(const LokiServer& loki) : loki_(loki) {}

    /// What becomes the daemon or another command of ours, inside of the jail.
    [[nodiscard]] std::vector<std::string> inside(const std::string& command,
                                                  const std::vector<std::string>& more) const {
        std::vector<std::string> all = {test_support::boundary_program(),
                                        "--log-dir",
                                        logs(),
                                        "--log-level",
                                        "info",
                                        "--allow",
                                        "domain=127.0.0.1",
                                        "--proxy-port",
                                        std::to_string(test_support::free_port()),
                                        "--",
                                        "sh",
                                        "-c",
                                        "echo $$ >\"$0\"; exec \"$@\"",
                                        folder_.file("pid"),
                                        BOUNDARY_LOKI_BINARY,
                                        command,
                                        "--loki-url",
                                        loki_.url(),
                                        "--log-dir",
                                        logs(),
                                        "--state-dir",
                                        folder_.file("state"),
                                        "--metrics-address",
                                        "off"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    [[nodiscard]] std::map<std::string, std::string> environment() const {
        return {{"BOUNDARY_JAIL_TYPE", "landjail"}, {"XDG_CONFIG_HOME", folder_.path()}};
    }
    [[nodiscard]] std::string logs() const { return folder_.file("logs"); }
    [[nodiscard]] std::string said() const {
        return test_support::read_file(folder_.file("errors"));
    }
    void start() {
        Process::Options options;
        options.environment = environment();
        options.errors = folder_.file("errors");
        process_.emplace(inside("run", {"--batch-wait", "50ms", "--heartbeat", "off"}), options);
    }
    /// Ends the daemon, and Boundary with it.
    [[nodiscard]] std::optional<int> stop() {
        ::kill(std::stoi(test_support::read_file(folder_.file("pid"))), SIGTERM);
        return process_->wait(seconds(15));
    }

private:
    const LokiServer& loki_;
    test_support::TempDir folder_;
    std::optional<Process> process_;
};

TEST(SilenceTest, InsideTheJailItSaysSoOnceAndCountsNoneOfItsOwnPushes) {
    LokiServer loki;
    loki.start();
    Jailed jail(loki);
    append_to(jail.logs(), log_name(1), decision_line(now_ns(), 0));
    jail.start();
    EXPECT_TRUE(arrives(loki, 0)) << jail.said();
    EXPECT_TRUE(eventually([&] { return occurrences(jail.said(), "finds its own pushes") > 0; }))
        << jail.said();
    append_to(jail.logs(), log_name(1), decision_line(now_ns(), 1));
    EXPECT_TRUE(arrives(loki, 1)) << jail.said();
    EXPECT_TRUE(jail.stop()) << jail.said();
    EXPECT_EQ(occurrences(jail.said(), "finds its own pushes"), 1U) << jail.said();
    EXPECT_THAT(jail.said(), HasSubstr("msg=stopped allowed=1 denied=1"));
    EXPECT_EQ(metric_count(loki), 2) << "and no decision about a push";
    const auto found =
        test_support::run_command(jail.inside("doctor", {"--json"}), jail.environment());
    EXPECT_THAT(found.output, HasSubstr("\"check\":\"boundary-jail\"")) << found.errors;
    EXPECT_THAT(found.output, HasSubstr("this runs inside the jail"));
}

TEST(SilenceTest, AWrongClockIsNamedAndCostsNoDecision) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    const test_support::TempDir folder;
    const std::string ahead = folder.append("ahead", "259200");  // three days
    const char* const asan = ::getenv("ASAN_OPTIONS");  // which would rather be the first library
    daemon.wrap(
        {"env", "WRONG_CLOCK=" + ahead, std::string("LD_PRELOAD=") + WRONG_CLOCK_LIBRARY,
         "ASAN_OPTIONS=" + std::string(asan == nullptr ? "" : asan) + ":verify_asan_link_order=0"});
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns() + 72 * kHourNs, 0));
    daemon.start();
    EXPECT_TRUE(says(daemon, "this machine's clock runs ahead of Loki's")) << daemon.log();
    EXPECT_THAT(daemon.log(), testing::ContainsRegex("seconds=2592[0-9][0-9]|seconds=25919[0-9]"));
    EXPECT_GE(lag_seconds(daemon), 0);
    EXPECT_EQ(rejected_entries(daemon), 0) << daemon.log();
    fs::resize_file(ahead, 0);  // right again
    append_to(daemon.log_dir(), log_name(2), decision_line(now_ns(), 1));
    EXPECT_TRUE(arrives(loki, 1)) << daemon.log();
    EXPECT_TRUE(says(daemon, "clock and Loki's agree again")) << daemon.log();
    EXPECT_EQ(rejected_entries(daemon), 0) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_FALSE(fs::is_empty(daemon.state_dir() + "/spool")) << "what waits for its time";
    EXPECT_EQ(verify_alone(loki), "");
}

/// What Loki counts of an entry towards a limit: its line and its structured metadata.
double counted_bytes(const LokiServer::Row& row) {
    std::size_t bytes = row.line.size();
    for (const char* name : {"domain", "http_method", "matched_rule", "session", "seq"}) {
        if (const auto value = row.labels.find(name); value != row.labels.end()) {
            bytes += value->first.size() + value->second.size();
        }
    }
    return static_cast<double>(bytes);
}

TEST(SilenceTest, ATenantsLimitIsUsed) {
    constexpr std::size_t kDecisions = 1'200;
    constexpr double kRate = 0.06 * (1U << 20U);  // bytes a second, and what may come at once
    LokiServer loki({.limits = "ingestion_rate_mb: 0.06, ingestion_burst_size_mb: 0.06"});
    loki.start();
    Daemon daemon(loki.url());
    std::string text;
    for (std::size_t id = 0; id < kDecisions; ++id) {
        text += decision_line(now_ns(), id, "/" + std::string(40, 'q'));
    }
    append_to(daemon.log_dir(), log_name(1), text);
    daemon.start({"--heartbeat", "off", "--batch-wait", "100ms"});
    const auto begun = steady_clock::now();
    double first = 0;  // takes what may come at once
    EXPECT_TRUE(eventually([&] {
        first = daemon.metric("boundary_loki_pushed_entries_total").value_or(0);
        return first > 0;
    })) << daemon.log();
    const auto from = steady_clock::now();
    EXPECT_TRUE(first == kDecisions || lag_seconds(daemon) > 0);
    EXPECT_TRUE(eventually(
        [&] { return daemon.metric("boundary_loki_pushed_entries_total") == kDecisions; },
        seconds(60)))
        << daemon.log();
    double bytes = 0;
    for (const auto& [id, rows] : rows_by_id(loki)) {
        bytes += counted_bytes(rows.front());
    }
    const double used = bytes * (kDecisions - first) / kDecisions / seconds_since(from) / kRate;
    std::cout << bytes << " bytes in " << seconds_since(begun) << " s; once it is known, "
              << 100 * used << " % of the limit are used\n";
    EXPECT_EQ(occurrences(daemon.log(), "Loki limits the rate of pushes"), 1U) << daemon.log();
    EXPECT_GT(used, 0.25);  // of some seconds only, on a machine that may be busy
    EXPECT_EQ(judge_when_there(loki, kDecisions), kAllThereOnce) << daemon.log();
    expect_the_end(daemon, loki);
}

}  // namespace
}  // namespace end_to_end
