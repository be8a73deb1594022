// SPDX-License-Identifier: MIT
// The state folder in trouble: full, damaged, gone.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "tests/end_to_end/decisions.h"
#include "tests/end_to_end/tiny_disk.h"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;
using test_support::eventually;
using test_support::LokiServer;

/// Lines that hardly compress, `count` of them with the ids from `first` on.
void write_random(const Daemon& daemon, std::size_t first, std::size_t count) {
    std::mt19937_64 random(first);
    std::string text;
    for (std::size_t id = first; id < first + count; ++id) {
        std::string noise = "/";
        for (int i = 0; i < 16; ++i) {
            noise += std::to_string(random());
        }
        text += decision_line(now_ns(), id, noise);
    }
    append_to(daemon.log_dir(), log_name(1), text);
}

bool says_disk_trouble(const Daemon& daemon) {
    return occurrences(daemon.log(), "cannot keep data in the state folder") > 0;
}

TEST(StateFolderTest, ASpoolThatFillsTheDiskStopsTheReadingAndLosesNothing) {
    constexpr std::size_t kDecisions = 20'000;
    LokiServer loki;  // not started
    Daemon daemon(loki.url());
    const TinyDisk disk(daemon.state_dir());
    ASSERT_TRUE(disk.mounted());
    daemon.wrap(disk.inside({}));
    write_random(daemon, 0, kDecisions);
    daemon.start({"--url-query", "keep"});
    // It spools at each try, and the waits between tries are drawn from ever wider spans.
    ASSERT_TRUE(eventually([&] { return says_disk_trouble(daemon); }, std::chrono::minutes(2)))
        << daemon.log();
    EXPECT_LT(daemon.metric("boundary_loki_decisions_total{decision=\"deny\"}").value_or(0),
              kDecisions / 3);

    loki.start();
    EXPECT_EQ(judge_when_there(loki, kDecisions, std::chrono::minutes(5)), kAllThereOnce)
        << daemon.log();
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(kDecisions));
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();
}

TEST(StateFolderTest, ADiskThatOthersFillStopsNeitherThePushesNorTheCount) {
    constexpr std::size_t kStep = 500;
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    const TinyDisk disk(daemon.state_dir());
    ASSERT_TRUE(disk.mounted());
    daemon.wrap(disk.inside({}));
    daemon.start();
    write_random(daemon, 0, kStep);
    ASSERT_EQ(judge_when_there(loki, kStep), kAllThereOnce) << daemon.log();

    disk.fill();
    for (std::size_t id = kStep; id < 2 * kStep;
         ++id) {  // a file each: more than the checkpoint holds
        append_to(daemon.log_dir(), log_name(id), decision_line(now_ns(), id));
    }
    EXPECT_EQ(judge_when_there(loki, 2 * kStep), kAllThereOnce) << daemon.log();
    EXPECT_TRUE(eventually([&] { return says_disk_trouble(daemon); })) << daemon.log();
    daemon.kill();
    daemon.start();
    write_random(daemon, 2 * kStep, kStep);
    EXPECT_EQ(judge_when_there(loki, 3 * kStep), kAllThereOnce) << daemon.log();

    ASSERT_TRUE(disk.give_back());
    write_random(daemon, 3 * kStep, kStep);
    EXPECT_EQ(judge_when_there(loki, 4 * kStep), kAllThereOnce) << daemon.log();
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(4 * kStep));
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();
}

void cut_to_half(const std::string& path) { fs::resize_file(path, fs::file_size(path) / 2); }

void flip_a_byte(const std::string& path) {
    std::string content = test_support::read_file(path);
    ASSERT_FALSE(content.empty());
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 0x10);
    std::ofstream(path, std::ios::binary) << content;
}

using Harm = void (*)(const std::string& path);

/// A segment that waits in the spool. Beside it may lie one that was set aside before.
std::string a_segment_of(const Daemon& daemon) {
    for (const auto& entry : fs::directory_iterator(daemon.state_dir() + "/spool")) {
        if (entry.path().extension() == ".zst") {
            return entry.path().string();
        }
    }
    return "";
}

TEST(StateFolderTest, ADamagedOrLostCheckpointCostsNothing) {
    constexpr std::size_t kStep = 2'000;
    const Harm kHarms[] = {cut_to_half, flip_a_byte,
                           [](const std::string& path) { fs::remove(path); },
                           [](const std::string& path) { fs::resize_file(path, 0); }};
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    std::size_t written = 0;
    for (const Harm harm : kHarms) {
        write_random(daemon, written, kStep);
        written += kStep;
        daemon.start();
        EXPECT_EQ(judge_when_there(loki, written), kAllThereOnce) << daemon.log();
        EXPECT_EQ(daemon.stop(), 0) << daemon.log();
        harm(daemon.state_dir() + "/checkpoint");
    }
    daemon.start();
    write_random(daemon, written, kStep);
    written += kStep;
    EXPECT_EQ(judge_when_there(loki, written), kAllThereOnce) << daemon.log();
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(written)) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();
}

TEST(StateFolderTest, ADamagedSpoolSegmentIsReadFromTheLogsAgain) {
    constexpr std::size_t kStep = 2'000;
    std::size_t written = 0;
    std::size_t harmed = 0;
    LokiServer loki;
    Daemon daemon(loki.url());
    for (const Harm harm : {Harm{cut_to_half}, Harm{flip_a_byte}}) {
        loki.kill();
        write_random(daemon, written, kStep);
        written += kStep;
        daemon.start();
        ASSERT_TRUE(eventually([&] {
            return daemon.metric("boundary_loki_spool_segments").value_or(0) >= 2 &&
                   daemon.metric("boundary_loki_in_flight_bytes") == 0;
        })) << daemon.log();
        EXPECT_EQ(daemon.stop(), 0) << daemon.log();
        harm(a_segment_of(daemon));
        ++harmed;

        loki.start();
        daemon.start();
        EXPECT_EQ(judge_when_there(loki, written), kAllThereOnce) << daemon.log();
        EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(written));
        EXPECT_EQ(occurrences(daemon.log(), "was set aside"), harmed) << daemon.log();
        EXPECT_EQ(daemon.stop(), 0) << daemon.log();
    }
}

}  // namespace
}  // namespace end_to_end
