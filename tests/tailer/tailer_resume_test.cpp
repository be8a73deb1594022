// SPDX-License-Identifier: MIT
// A record's identity is a pure function of the file's content: whoever resumes in the middle gives
// every line the number and the timestamp that a reader from the start gives it, with the counts of
// a checkpoint and with one of a version that kept none.
#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tailer/tailer.h"
#include "tests/support/temp_dir.h"
#include "tests/tailer/collected.h"
#include "tests/tailer/files/packed.h"

namespace tailer {
namespace {

using test_support::Collected;
using test_support::deny_line;
using test_support::KeptRecord;
using test_support::kMillisecond;
using test_support::kNoon;
using test_support::notice_line;
using test_support::read_all;

const std::string kBusyName = "boundary-2026-06-09_12-00-00-1.log";
constexpr std::uint64_t kMebibyte = 1U << 20U;

constexpr std::string_view kBoundarysSession = "69742c21-5ad8-40fc-9f24-f5f2b5c2aa7e";

/// A busy log: bursts of equal decisions, some notices, junk, times that step back a little.
std::string busy_log(std::size_t bytes) {
    std::mt19937_64 random(7);
    std::string log =
        "time=2026-06-09T11:59:59Z level=INFO msg=\"boundary session started\" session_id=";
    log.append(kBoundarysSession).append("\n");
    std::int64_t time = kNoon;
    while (log.size() < bytes) {
        time += static_cast<std::int64_t>(random() % 3) * kMillisecond;
        const std::int64_t stamp = random() % 20 == 0 ? time - 5 * kMillisecond : time;
        for (std::uint64_t repeat = random() % 30; repeat > 0; --repeat) {
            switch (random() % 10) {
                case 0:
                    log += notice_line(stamp, "x");
                    break;
                case 1:
                    log += "junk\n";
                    break;
                case 2:
                    log +=
                        deny_line(stamp, "https://h.example/" + std::string(random() % 900, 'p'));
                    break;
                default:
                    log += deny_line(stamp);
            }
        }
    }
    return log;
}

class TailerResumeTest : public testing::Test {
protected:
    Collected read(const std::string& name, std::uint64_t offset,
                   LineCounts counts = LineCounts::unknown()) {
        FileProgress progress{CompactName(name), {}, offset};
        progress.counts = counts;
        KnownFiles files({dir_.path()}, {});
        files.look(0, name);
        files.for_each([&](FileId, const KnownFile& file) { progress.identity = file.identity; });
        auto tailer = Tailer::once({dir_.file(name)}, {{dir_.path(), {progress}}}, {});
        EXPECT_TRUE(tailer);
        auto collected = read_all(*tailer);
        EXPECT_TRUE(tailer->take_errors().empty());
        return collected;
    }

    /// Resumes `name` behind some of its records, the first and the last among them, and compares
    /// with the whole.
    void expect_same_wherever_resumed(const std::string& name) {
        const Collected whole = read(name, 0);
        ASSERT_GT(whole.records.size(), 9U);
        for (std::size_t split = 0; split < whole.records.size();
             split += (whole.records.size() - 1) / 9) {
            const KeptRecord& last = whole.records[split];
            SCOPED_TRACE("resumed at offset " + std::to_string(last.end_offset));
            for (const LineCounts counts : {last.counts, LineCounts::unknown()}) {
                const Collected rest = read(name, last.end_offset, counts);
                ASSERT_EQ(rest.records.size(), whole.records.size() - split - 1);
                for (std::size_t i = 0; i < rest.records.size(); ++i) {
                    const KeptRecord& expected = whole.records[split + 1 + i];
                    ASSERT_EQ(rest.records[i].end_offset, expected.end_offset);
                    ASSERT_EQ(rest.records[i].counts, expected.counts);
                    ASSERT_EQ(rest.records[i].timestamp_ns, expected.timestamp_ns);
                    ASSERT_EQ(rest.records[i].line, expected.line);
                    ASSERT_EQ(rest.records[i].metadata, expected.metadata);
                }
            }
        }
    }

    test_support::TempDir dir_;
};

TEST_F(TailerResumeTest, GivesTheSameAsAReadFromTheStart) {
    dir_.append(kBusyName, busy_log(kMebibyte));
    expect_same_wherever_resumed(kBusyName);
    for (const auto& record : read(kBusyName, 0).records) {
        EXPECT_EQ(record.line.find(kBoundarysSession) != std::string::npos,
                  record.kind == RecordKind::Deny);
    }
}

TEST_F(TailerResumeTest, NumbersDecisionsByDecisionsAndNoticesByLines) {
    std::string log = notice_line(kNoon, "a") + deny_line(kNoon) + "junk\n\n";
    log += std::string(700'000, 'x') + "\n";
    log += deny_line(kNoon) + notice_line(kNoon, "b") + deny_line(kNoon);
    dir_.append(kBusyName, log);
    std::vector<std::int64_t> behind_noon;
    for (const auto& record : read(kBusyName, 0).records) {
        behind_noon.push_back(record.timestamp_ns - kNoon);
        EXPECT_THAT(record.metadata,
                    testing::Contains(testing::Pair("seq", std::to_string(behind_noon.back()))));
        EXPECT_THAT(record.line,
                    testing::HasSubstr(R"("session":"boundary-2026-06-09_12-00-00-1","seq":)" +
                                       std::to_string(behind_noon.back()) + "}}"));
    }
    EXPECT_THAT(behind_noon, testing::ElementsAre(0, 0, 1, 6, 2));
}

TEST_F(TailerResumeTest, CountsOverLongLinesAndPassesOverHoles) {
    dir_.append(kBusyName, deny_line(kNoon) + std::string(700'000, 'x') + "\n" + deny_line(kNoon));
    std::filesystem::resize_file(dir_.file(kBusyName), kMebibyte + 5000);
    for (int i = 0; i < 20; ++i) {
        dir_.append(kBusyName, deny_line(kNoon));
    }
    expect_same_wherever_resumed(kBusyName);
}

TEST_F(TailerResumeTest, APackedFileResumesWithinItsContent) {
    const std::string log = busy_log(2 * kMebibyte);
    const std::string gz = kBusyName + ".gz";
    const std::string zst = kBusyName + ".zst";
    dir_.append(gz, test_support::gzip(log));
    dir_.append(zst, test_support::zstd(log));
    expect_same_wherever_resumed(gz);
    expect_same_wherever_resumed(zst);
}

TEST_F(TailerResumeTest, AFileReadInPiecesWhileItGrowsGivesTheSame) {
    const std::string log = busy_log(2 * kMebibyte + 999);
    Tailer tailer = Tailer::follow({dir_.path()}, {}, {});
    tailer.look(true);
    std::vector<KeptRecord> records;
    std::mt19937_64 random(8);
    for (std::size_t at = 0; at < log.size();) {
        const std::size_t size = 1 + random() % 60'000;
        dir_.append(kBusyName, log.substr(at, size));
        at += size;
        for (auto& record : read_all(tailer, false, 1 + random() % 20'000).records) {
            records.push_back(std::move(record));
        }
        if (random() % 4 == 0) {
            tailer.rest();
        }
    }
    const Collected whole = read(kBusyName, 0);
    ASSERT_EQ(records.size(), whole.records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        ASSERT_EQ(records[i].timestamp_ns, whole.records[i].timestamp_ns);
        ASSERT_EQ(records[i].line, whole.records[i].line);
        ASSERT_EQ(records[i].counts, whole.records[i].counts);
    }
}

TEST_F(TailerResumeTest, AnotherFileInTheCheckpointsPlaceIsReadFromItsStart) {
    dir_.append(kBusyName, deny_line(kNoon) + deny_line(kNoon));
    KnownFiles files({dir_.path()}, {});
    files.look(0, kBusyName);
    FileProgress progress{CompactName(kBusyName), {}, deny_line(kNoon).size()};
    files.for_each([&](FileId, const KnownFile& file) { progress.identity = file.identity; });
    ++progress.identity.birth_ns;
    Tailer tailer = Tailer::follow({dir_.path()}, {{dir_.path(), {progress}}}, {});
    EXPECT_EQ(read_all(tailer, true).records.size(), 2U);
}

}  // namespace
}  // namespace tailer
