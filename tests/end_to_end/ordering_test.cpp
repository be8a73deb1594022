// SPDX-License-Identifier: MIT
// Loki refuses what lies an hour behind a stream's newest entry. What is old gets there all the
// same: merged by time, or in a stream of its own hour.
#include <algorithm>
#include <filesystem>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/rfc3339.h"
#include "tests/end_to_end/decisions.h"

namespace end_to_end {
namespace {

using std::chrono::milliseconds;
using test_support::eventually;
using test_support::LokiServer;

std::string hour_of(std::int64_t time_ns) {
    std::string hour;
    base::append_rfc3339_nano(hour, time_ns);
    return hour.substr(0, std::string_view("2026-06-09T12").size());
}

/// Of how many streams the checkpoint says what Loki has: each group of its changes names all
/// again.
std::size_t marked_streams(const Daemon& daemon) {
    std::istringstream text(test_support::read_file(daemon.state_dir() + "/checkpoint"));
    std::set<std::string> marked;
    for (std::string line; std::getline(text, line);) {
        if (const auto at = line.find(",\"newest_ns\""); at != std::string::npos) {
            marked.insert(line.substr(0, at));
        }
    }
    return marked.size();
}

std::int64_t dashboard_count(const LokiServer& loki) {
    std::int64_t sum = 0;
    for (const auto& [decision, count] :
         loki.counts("sum by (decision) (count_over_time({job=\"boundary\"}[24h]))", "decision",
                     now_ns())) {
        sum += count;
    }
    return sum;
}

TEST(OrderingTest, ReplaysADayOfFilesNamedInAnyOrderIntoOneStream) {
    constexpr std::size_t kFiles = 1'000;
    constexpr std::size_t kDecisionsOfAFile = 8;
    constexpr std::size_t kDecisions = kFiles * kDecisionsOfAFile;
    LokiServer loki;
    loki.start();
    const test_support::TempDir logs;
    std::mt19937_64 random(4711);
    std::uniform_int_distribution<std::int64_t> step_ns(0, 20 * kMinuteNs);
    std::vector<std::string> command = {BOUNDARY_LOKI_BINARY, "replay", "--loki-url", loki.url()};
    const std::int64_t end_ns = now_ns();
    for (std::size_t file = 0; file < kFiles; ++file) {
        std::int64_t time_ns =
            end_ns - 24 * kHourNs +
            static_cast<std::int64_t>(file) * 24 * kHourNs / static_cast<std::int64_t>(kFiles);
        std::string text;
        for (std::size_t i = 0; i < kDecisionsOfAFile; ++i) {
            text += allow_line(std::min(time_ns, end_ns), file * kDecisionsOfAFile + i);
            time_ns += step_ns(random);
        }
        command.push_back(append_to(logs.path(), log_name(1 + file), text));
    }
    std::shuffle(command.begin() + 4, command.end(), random);

    const auto replayed = test_support::run_command(command);
    EXPECT_EQ(replayed.status, 0) << replayed.errors;
    EXPECT_EQ(occurrences(replayed.errors, " rejected=0 left=0\n"), 1U) << replayed.errors;
    EXPECT_EQ(judge_when_there(loki, kDecisions), kAllThereOnce);
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(kDecisions));
    EXPECT_EQ(metric_count(loki, "{job=\"boundary\", late!=\"\"}"), 0);
    EXPECT_EQ(loki.metric("loki_discarded_samples_total"), 0);

    // And once more: Loki is asked first, and has it all.
    const auto again = test_support::run_command(command);
    EXPECT_EQ(again.status, 0) << again.errors;
    EXPECT_EQ(judge_when_there(loki, kDecisions), kAllThereOnce);
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(kDecisions));
}

/// Writes live decisions and late files, and remembers what belongs where.
class LateFiles {
public:
    explicit LateFiles(std::string folder) : folder_(std::move(folder)) {}

    void write_live(std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            wanted_hour_.emplace_back();
            text += decision_line(now_ns(), wanted_hour_.size() - 1);
        }
        append_to(folder_, log_name(1), text);
    }
    /// A new file that spans `span_ns`, from three hours ago on.
    void write_late(std::size_t count, std::int64_t span_ns) {
        const std::int64_t begin_ns = now_ns() - 3 * kHourNs;
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            const std::int64_t time_ns = begin_ns + static_cast<std::int64_t>(i) * span_ns /
                                                        static_cast<std::int64_t>(count);
            wanted_hour_.push_back(hour_of(time_ns));
            text += decision_line(time_ns, wanted_hour_.size() - 1);
        }
        append_to(folder_, log_name(++files_), text);
    }
    [[nodiscard]] std::size_t written() const { return wanted_hour_.size(); }

    /// Ids that lie in another stream than they should.
    [[nodiscard]] std::vector<std::size_t> misplaced(const LokiServer& loki) const {
        std::vector<std::size_t> ids;
        for (const auto& [id, rows] : rows_by_id(loki)) {
            const auto late = rows.front().labels.find("late");
            if ((late == rows.front().labels.end() ? "" : late->second) != wanted_hour_.at(id)) {
                ids.push_back(id);
            }
        }
        return ids;
    }

private:
    std::string folder_;
    std::vector<std::string> wanted_hour_;  ///< by id; empty = not late
    std::size_t files_ = 1;
};

TEST(OrderingTest, ALateFileLandsInTheStreamsOfItsHoursAndNoKillDoublesIt) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    LateFiles files(daemon.log_dir());
    files.write_live(300);
    const std::vector<std::string> flags = {"--batch-wait", "100ms"};
    daemon.start(flags);
    ASSERT_EQ(judge_when_there(loki, files.written()), kAllThereOnce) << daemon.log();
    // Before that, nobody but Loki knows what is late.
    ASSERT_TRUE(eventually([&] { return marked_streams(daemon) == 2; }));
    files.write_late(40, 90 * kMinuteNs);
    ASSERT_EQ(judge_when_there(loki, files.written()), kAllThereOnce) << daemon.log();
    EXPECT_EQ(loki.metric("loki_discarded_samples_total"), 0) << "it never had to say so";
    // After a kill it may have to: what may have been sent comes again, to the very same stream.
    for (const int life_ms : {0, 20, 60, 120, 180, 250, 400, 1'500}) {
        files.write_late(40, 90 * kMinuteNs);
        files.write_live(10);
        std::this_thread::sleep_for(milliseconds(life_ms));
        daemon.kill();
        daemon.start(flags);
    }
    EXPECT_EQ(judge_when_there(loki, files.written()), kAllThereOnce) << daemon.log();
    EXPECT_EQ(dashboard_count(loki), static_cast<std::int64_t>(files.written()));
    EXPECT_TRUE(files.misplaced(loki).empty()) << testing::PrintToString(files.misplaced(loki));
    EXPECT_EQ(rejected_entries(daemon), 0);
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(OrderingTest, WithItsStateLostItStillDoublesNoLogRow) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    LateFiles files(daemon.log_dir());
    files.write_live(300);
    daemon.start();
    ASSERT_EQ(judge_when_there(loki, files.written()), kAllThereOnce) << daemon.log();
    files.write_late(200, 90 * kMinuteNs);
    ASSERT_EQ(judge_when_there(loki, files.written()), kAllThereOnce) << daemon.log();
    daemon.kill();
    std::filesystem::remove_all(daemon.state_dir());

    // Read anew, in order of time, nothing is late any more; Loki says that it is.
    files.write_live(1);
    daemon.start();
    EXPECT_EQ(judge_when_there(loki, files.written()), kAllThereOnce) << daemon.log();
    EXPECT_TRUE(eventually([&] {
        return daemon.metric("boundary_loki_spool_segments") == 0 &&
               daemon.metric("boundary_loki_in_flight_bytes") == 0;
    })) << daemon.log();
    EXPECT_EQ(judge_when_there(loki, files.written()), kAllThereOnce);
    EXPECT_TRUE(files.misplaced(loki).empty()) << testing::PrintToString(files.misplaced(loki));
    EXPECT_EQ(rejected_entries(daemon), 0);
    EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace end_to_end
