// SPDX-License-Identifier: MIT
// While Loki is healthy a decision is stored within seconds, whatever a neighbour writes beside it
// and whatever Loki thinks of other streams. Each case once took the time, memory or disk that it
// names.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/rfc3339.h"
#include "tests/end_to_end/decisions.h"
#include "tests/end_to_end/tiny_disk.h"
#include "tests/support/fault_server.h"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;
using test_support::eventually;
using test_support::Fault;
using test_support::FaultServer;
using test_support::LokiServer;
using test_support::SeenRequest;
using testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kFlood = 2U << 20U;
constexpr int kJournalFiles = 1'000;
constexpr long kMostKilobytes = 1L << 20U;  // a sanitizer's own memory is not what is asked here
#else
constexpr std::size_t kFlood = 20U << 20U;
constexpr int kJournalFiles = 20'000;
constexpr long kMostKilobytes = 64L << 10U;
#endif
/// Far less than any of them took once; on an idle machine each takes one or two.
constexpr std::chrono::seconds kSoon{60};
/// Of the denies that are flooded with, so that none is a decision that is looked for.
constexpr std::size_t kFirstFloodId = 999'999;

double seconds_since(std::chrono::steady_clock::time_point begun) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

/// Writes a decision into a log of its own and says how long it takes until Loki shows it.
void expect_soon(const Daemon& daemon, const LokiServer& loki, std::size_t id) {
    const auto begun = std::chrono::steady_clock::now();
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), id));
    EXPECT_TRUE(eventually([&] { return is_stored(loki, id); }, kSoon)) << daemon.log();
    std::cout << "a decision beside it was stored after " << seconds_since(begun) << " s\n";
}

void expect_nothing_waits(const Daemon& daemon) {
    EXPECT_TRUE(eventually([&] { return lag_seconds(daemon) == 0; })) << daemon.log();
}

/// Writes `bytes` of denies to the log of that number, a millisecond apart, which hardly compress;
/// gives how many.
std::size_t flood(const Daemon& daemon, std::size_t log, std::size_t bytes, std::int64_t begin_ns) {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::mt19937_64 random(bytes);
    std::string more(201, '/');
    std::string text;
    std::size_t count = 0;
    for (; text.size() < bytes; ++count) {
        for (std::size_t i = 1; i < more.size(); i += 10) {
            std::uint64_t bits = random();
            for (std::size_t j = i; j < i + 10; ++j, bits >>= 6U) {
                more[j] = kLetters[bits % kLetters.size()];
            }
        }
        text += decision_line(begin_ns + static_cast<std::int64_t>(count) * 1'000'000,
                              kFirstFloodId + 3 * count, more);
    }
    append_to(daemon.log_dir(), log_name(log), text);
    return count;
}

std::size_t decisions_read(const Daemon& daemon) {
    return static_cast<std::size_t>(
        daemon.metric("boundary_loki_lines_total{kind=\"decision\"}").value_or(0));
}

/// What the files below a folder take on disk.
std::uint64_t blocks_below(const std::string& folder) {
    std::uint64_t bytes = 0;
    std::error_code ignored;  // a segment may go meanwhile
    for (fs::recursive_directory_iterator at(folder, ignored), end; at != end;
         at.increment(ignored)) {
        struct stat status {};
        bytes += ::lstat(at->path().c_str(), &status) == 0
                     ? static_cast<std::uint64_t>(status.st_blocks) * 512
                     : 0;
    }
    return bytes;
}

/// A number of /proc/PID/FILE that stands behind a name.
long of_process(const Daemon& daemon, const std::string& file, const std::string& name) {
    const std::string text = test_support::read_file(
        "/proc/" + std::to_string(const_cast<Daemon&>(daemon).process().pid()) + "/" + file);
    const std::size_t at = text.find(name + ":");
    return at == std::string::npos ? -1 : std::stol(text.substr(at + name.size() + 1));
}

/// Of a processor, used so far.
double cpu_seconds(const Daemon& daemon) {
    std::istringstream stat(test_support::read_file(
        "/proc/" + std::to_string(const_cast<Daemon&>(daemon).process().pid()) + "/stat"));
    std::string field;
    double ticks = 0;
    for (int i = 1; i <= 15 && stat >> field; ++i) {
        ticks += i >= 14 ? std::stod(field) : 0;
    }
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

TEST(StarvationTest, ARequestWithAnOverLongUrlLeavesItsDecision) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    daemon.start();
    const auto path_of = [](std::size_t kilobytes) {
        return "/" + std::string(kilobytes << 10U, 'a');
    };
    append_to(daemon.log_dir(), log_name(1),
              decision_line(now_ns(), 0) + decision_line(now_ns(), 1, path_of(300)) +
                  decision_line(now_ns(), 2, path_of(900)) +
                  decision_line(now_ns(), 3, path_of(255)));
    EXPECT_EQ(judge_when_there(loki, 4), kAllThereOnce) << daemon.log();
    std::size_t marked = 0;
    for (const auto& [id, rows] : rows_by_id(loki)) {
        EXPECT_LE(rows.front().line.size(), 256U << 10U);
        marked += occurrences(rows.front().line, "\"url_truncated\":true");
    }
    EXPECT_EQ(marked, 2U);
    EXPECT_EQ(rejected_entries(daemon), 0);
    expect_nothing_waits(daemon);
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(StarvationTest, LinesStampedAheadTakeTheirShareAndNoMore) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    daemon.start({"--url-query", "keep"});
    expect_soon(daemon, loki, 0);
    const std::size_t written = 2 + flood(daemon, 2, kFlood, now_ns() + 55 * kMinuteNs);
    EXPECT_TRUE(eventually([&] { return lag_seconds(daemon) > 0; })) << daemon.log();
    expect_soon(daemon, loki, 1);
    EXPECT_TRUE(eventually([&] { return decisions_read(daemon) == written; })) << daemon.log();
    expect_soon(daemon, loki, 2);
    const std::uint64_t spooled = blocks_below(daemon.state_dir() + "/spool");
    std::cout << (kFlood >> 20U) << " MiB ahead; on disk for a cap of 64 MiB: " << (spooled >> 10U)
              << " KiB in the spool; set aside: " << rejected_entries(daemon) << "\n";
    EXPECT_LE(spooled, 64U << 20U);
    if (kFlood > (8U << 20U)) {  // what may wait for its time
        EXPECT_GT(rejected_entries(daemon), 0);
        EXPECT_EQ(occurrences(daemon.log(), "Loki refuses entries for good"), 1U) << daemon.log();
    }
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(StarvationTest, AStreamThatIsRefusedFillsNeitherMemoryNorSpool) {
    constexpr std::uint64_t kCap = 2U << 20U;
    LokiServer loki({.limits = "max_global_streams_per_user: 1"});
    loki.start();
    Daemon daemon(loki.url());
    daemon.start(
        {"--spool-max-bytes", std::to_string(kCap), "--heartbeat", "off", "--url-query", "keep"});
    append_to(daemon.log_dir(), log_name(1), allow_line(now_ns(), 1));
    ASSERT_TRUE(eventually([&] { return is_stored(loki, 1); })) << daemon.log();
    flood(daemon, 2, 8U << 20U, now_ns());
    // Long enough for the refused to have all that they may.
    std::size_t id = 2;
    EXPECT_TRUE(eventually([&] {
        append_to(daemon.log_dir(), log_name(1), allow_line(now_ns(), id));
        const bool soon = eventually([&] { return is_stored(loki, id); }, kSoon);
        EXPECT_TRUE(soon) << id << daemon.log();
        ++id;
        return !soon || daemon.metric("boundary_loki_spool_segments").value_or(0) >= 2;
    })) << daemon.log();
    EXPECT_GT(lag_seconds(daemon), 1) << "nobody has taken the refused";
    EXPECT_LE(blocks_below(daemon.state_dir() + "/spool"), kCap);
    EXPECT_LT(of_process(daemon, "status", "VmHWM"), kMostKilobytes);
    EXPECT_EQ(rejected_entries(daemon), 0);
    daemon.kill();
    EXPECT_EQ(judge(rows_by_id(loki), 1, id), kAllThereOnce);
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(StarvationTest, OldLinesKeepNobodyWaiting) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    daemon.start();
    expect_soon(daemon, loki, 0);
    // A day ago, in one hour and so in one stream: what there is of it has no gaps then.
    flood(daemon, 2, kFlood, (now_ns() - 24 * kHourNs) / kHourNs * kHourNs);
    EXPECT_TRUE(eventually([&] { return lag_seconds(daemon) > 0; })) << daemon.log();
    expect_soon(daemon, loki, 1);
    EXPECT_EQ(rows_by_id(loki, "{job=\"boundary\", late=\"\", decision=~\"allow|deny\"}").size(),
              2U)
        << "what is old is late, not first";
    daemon.kill();
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(StarvationTest, AFloodOfTheJournalStopsNeitherDecisionsNorTheEnd) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    const std::string journal = daemon.log_dir() + "/toolcalls";
    std::string day;
    base::append_rfc3339_nano(day, now_ns());
    std::string records;
    for (std::size_t i = 0; records.size() < kFlood + kFlood / 2; ++i) {
        std::string stamp;  // ever earlier: the worst order for a sorted list
        base::append_rfc3339_nano(stamp, now_ns() - static_cast<std::int64_t>(i) * kSecondNs);
        records += R"({"v":1,"event":"start","id":")" + std::to_string(i) +
                   R"(","tool":"Bash","source":"hook","time":")" + stamp +
                   R"(","pids":[1],"session_id":"s"})" + "\n";
    }
    append_to(journal, "toolcalls-" + day.substr(0, 10) + ".jsonl", records);
    daemon.start();
    expect_soon(daemon, loki, 0);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(daemon.stop(), 0) << "not within 10 s";
    std::cout << "ended after " << seconds_since(begun) << " s\n";
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(StarvationTest, EmptyJournalFilesCostNothingAtEachRead) {
    constexpr std::size_t kReads = 60;
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    for (int i = 0; i < kJournalFiles; ++i) {
        append_to(daemon.log_dir() + "/toolcalls", "toolcalls-" + std::to_string(i) + ".jsonl", "");
    }
    daemon.start();
    expect_soon(daemon, loki, 0);
    const double before = cpu_seconds(daemon);
    for (std::size_t id = 1; id < kReads; ++id) {  // read one by one
        append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), id));
        ASSERT_TRUE(eventually([&] { return decisions_read(daemon) == id + 1; })) << daemon.log();
    }
    const double spent = cpu_seconds(daemon) - before;
    std::cout << kReads << " reads beside " << kJournalFiles << " journal files took " << spent
              << " s of a processor\n";
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(spent, 0.6);  // to look at each file each time took 20 ms a read
#endif
    EXPECT_EQ(judge_when_there(loki, kReads), kAllThereOnce);
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(StarvationTest, AFullDiskAndALineThatIsNotUnderstoodStopNoDecision) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    const TinyDisk disk(daemon.state_dir());
    ASSERT_TRUE(disk.mounted());
    daemon.wrap(disk.inside({}));
    daemon.start();
    expect_soon(daemon, loki, 0);
    disk.fill();
    append_to(daemon.log_dir(), log_name(1), "this is no line of Boundary's\n");
    append_to(daemon.log_dir(), log_name(2), "nor is this\n" + decision_line(now_ns(), 1));
    expect_soon(daemon, loki, 2);
    EXPECT_TRUE(eventually([&] { return is_stored(loki, 1); })) << daemon.log();
    EXPECT_TRUE(eventually([&] {
        return occurrences(daemon.log(), "cannot keep data in the state folder") > 0;
    })) << daemon.log();
    EXPECT_TRUE(eventually([&] { return lag_seconds(daemon) == 0; })) << "a decision waits";
    ASSERT_TRUE(disk.give_back());
    const std::string letters = daemon.state_dir() + "/dead-letter/rejected.ndjson";
    EXPECT_TRUE(eventually([&] {
        return disk.run({"grep", "-q", "nor is this", letters});
    })) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");
}

/// A full page of rows of one instant, as no server gives it that goes on behind what was asked.
std::string endless_page() {
    std::string body =
        R"({"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[)";
    for (int i = 0; i < 5'000; ++i) {
        body += (i == 0 ? "[\"" : ",[\"") + std::to_string(now_ns()) + R"(",")" +
                std::string(1'000, 'x') + std::to_string(i) + "\"]";
    }
    return body + "]}]}}";
}

TEST(StarvationTest, AnAnswerThatLeadsNowhereIsNotAskedForForEver) {
    LokiServer loki;
    loki.start();
    FaultServer gate(loki.port());
    std::atomic<bool> mended = false;
    std::atomic<int> queries = 0;
    std::atomic<int> pushes = 0;
    const std::string page = endless_page();
    gate.set_rule([&](const SeenRequest& request) {
        if (request.method == "POST") {
            // Taken, but nobody is told so.
            return Fault::of(pushes++ == 0 ? Fault::Kind::ForwardAndDrop : Fault::Kind::Forward);
        }
        ++queries;
        return mended ? Fault::of(Fault::Kind::Forward) : Fault::answer(200, page);
    });
    Daemon daemon(gate.url());
    daemon.start({"--heartbeat", "off"});
    append_to(daemon.log_dir(), log_name(1), allow_line(now_ns(), 1));
    ASSERT_TRUE(eventually([&] { return queries >= 3; })) << daemon.log();
    EXPECT_GT(lag_seconds(daemon), 0) << daemon.log();
    EXPECT_LT(queries, 100);
    EXPECT_LT(of_process(daemon, "status", "VmHWM"), kMostKilobytes);
    std::cout << queries << " questions; peak " << of_process(daemon, "status", "VmHWM") << " kB\n";
    EXPECT_EQ(occurrences(daemon.log(), "cannot push to Loki"), 1U) << daemon.log();
    // A stream that nobody doubts goes on meanwhile.
    append_to(daemon.log_dir(), log_name(2), deny_line(now_ns(), 0));
    EXPECT_TRUE(eventually([&] { return is_stored(loki, 0); }, kSoon)) << daemon.log();
    mended = true;
    EXPECT_EQ(judge_when_there(loki, 2), kAllThereOnce) << daemon.log();
    expect_nothing_waits(daemon);
    EXPECT_EQ(metric_count(loki), 2);
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(StarvationTest, ManyBusyFilesAreReadOnce) {
    constexpr std::size_t kFiles = 40;
    constexpr std::size_t kFirst = 1'200;
    constexpr std::size_t kAll = kFirst + 400;
    LokiServer loki;  // not there yet, so that what was read is still in flight
    Daemon daemon(loki.url());
    std::size_t bytes = 0;
    const auto write = [&](std::size_t id) {
        const std::string line = decision_line(now_ns(), id, "/" + std::string(80, 'p'));
        append_to(daemon.log_dir(), log_name(id % kFiles), line);
        bytes += line.size();
    };
    for (std::size_t id = 0; id < kFirst; ++id) {
        write(id);
    }
    daemon.start();
    ASSERT_TRUE(eventually([&] { return decisions_read(daemon) == kFirst; })) << daemon.log();
    const long before = of_process(daemon, "io", "rchar");
    bytes = 0;
    for (std::size_t id = kFirst; id < kAll; ++id) {
        write(id);
        if (id % 8 == 7) {
            ASSERT_TRUE(eventually([&] { return decisions_read(daemon) == id + 1; }));
        }
    }
    EXPECT_GT(lag_seconds(daemon), 0);
    const double times = static_cast<double>(of_process(daemon, "io", "rchar") - before) /
                         static_cast<double>(bytes);
    std::cout << "read " << times << " times what was appended\n";
    EXPECT_LT(times, 6);
    loki.start();
    EXPECT_EQ(judge_when_there(loki, kAll), kAllThereOnce) << daemon.log();
    expect_nothing_waits(daemon);
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");
}

}  // namespace
}  // namespace end_to_end
