// SPDX-License-Identifier: MIT
// A record's identity is a pure function of the file and the offset: whoever resumes in the middle
// gives every line the timestamp that a reader from the start gives it.
#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tailer/lines/millisecond_rank.h"
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
constexpr std::uint64_t kRankBlock = MillisecondRank::kBlockBytes;

/// A busy log: bursts of equal decisions, some notices, junk, times that step back a little.
std::string busy_log(std::size_t bytes) {
    std::mt19937_64 random(7);
    std::string log;
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
    Collected read(const std::string& name, std::uint64_t offset) {
        FileProgress progress{CompactName(name), {}, offset};
        KnownFiles files({dir_.path()}, {});
        files.look(0, name);
        files.for_each([&](FileId, const KnownFile& file) { progress.identity = file.identity; });
        auto tailer = Tailer::once({dir_.file(name)}, {{dir_.path(), {progress}}}, {});
        EXPECT_TRUE(tailer);
        auto collected = read_all(*tailer);
        EXPECT_TRUE(tailer->take_errors().empty());
        return collected;
    }

    /// Resumes `name` behind every given record and compares with the whole.
    void expect_same_from(const std::string& name, const std::vector<std::size_t>& splits) {
        const Collected whole = read(name, 0);
        for (const std::size_t split : splits) {
            ASSERT_LT(split, whole.records.size());
            const std::uint64_t offset = whole.records[split].end_offset;
            SCOPED_TRACE("resumed at offset " + std::to_string(offset));
            const Collected rest = read(name, offset);
            ASSERT_EQ(rest.records.size(), whole.records.size() - split - 1);
            for (std::size_t i = 0; i < rest.records.size(); ++i) {
                const KeptRecord& expected = whole.records[split + 1 + i];
                ASSERT_EQ(rest.records[i].end_offset, expected.end_offset);
                ASSERT_EQ(rest.records[i].timestamp_ns, expected.timestamp_ns);
                ASSERT_EQ(rest.records[i].line, expected.line);
            }
        }
    }

    /// The records that end around each block's start, and some others.
    std::vector<std::size_t> splits(const std::string& name) {
        const Collected whole = read(name, 0);
        std::vector<std::size_t> found = {0, whole.records.size() - 1};
        for (std::size_t i = 1; i < whole.records.size(); ++i) {
            const std::uint64_t before = whole.records[i - 1].end_offset;
            const std::uint64_t after = whole.records[i].end_offset;
            if (before / kRankBlock != after / kRankBlock) {
                found.insert(found.end(), {i - 1, i, std::min(i + 1, whole.records.size() - 1)});
            }
        }
        for (std::size_t i = 7; i < whole.records.size(); i += whole.records.size() / 9) {
            found.push_back(i);
        }
        return found;
    }

    test_support::TempDir dir_;
};

TEST_F(TailerResumeTest, GivesTheSameTimestampsAsAReadFromTheStart) {
    dir_.append(kBusyName, busy_log(3 * kRankBlock + 12'345));
    expect_same_from(kBusyName, splits(kBusyName));
}

TEST_F(TailerResumeTest, ALineMayBeginOnABlocksFirstByte) {
    const std::string line = deny_line(kNoon);
    std::string log;
    while (log.size() + 2 * line.size() < kRankBlock) {
        log += line;
    }
    log += std::string(kRankBlock - 1 - log.size(), 'j') + "\n";
    ASSERT_EQ(log.size(), kRankBlock);
    for (int i = 0; i < 50; ++i) {
        log += line;
    }
    dir_.append(kBusyName, log);
    expect_same_from(kBusyName, splits(kBusyName));
}

TEST_F(TailerResumeTest, ALineMayLieAcrossABlocksStart) {
    // What follows the block's start within that line looks like a decision of its own.
    const std::string line = deny_line(kNoon);
    std::string log;
    while (log.size() + 3 * line.size() < kRankBlock) {
        log += line;
    }
    log += std::string(kRankBlock - log.size(), 'j') + line;
    for (int i = 0; i < 50; ++i) {
        log += line;
    }
    dir_.append(kBusyName, log);
    expect_same_from(kBusyName, splits(kBusyName));
}

TEST_F(TailerResumeTest, AnOverLongLineMayLieAcrossABlocksStart) {
    std::string log;
    while (log.size() < kRankBlock - 200'000) {
        log += deny_line(kNoon);
    }
    log += std::string(700'000, 'x') + "\n";
    for (int i = 0; i < 50; ++i) {
        log += deny_line(kNoon);
    }
    dir_.append(kBusyName, log);
    expect_same_from(kBusyName, splits(kBusyName));
}

TEST_F(TailerResumeTest, TheHoleOfATruncationMayLieAcrossABlocksStart) {
    dir_.append(kBusyName, "");
    std::filesystem::resize_file(dir_.file(kBusyName), kRankBlock + 5000);
    for (int i = 0; i < 20; ++i) {
        dir_.append(kBusyName, deny_line(kNoon));
    }
    expect_same_from(kBusyName, splits(kBusyName));
}

TEST_F(TailerResumeTest, APackedFileResumesWithinItsContent) {
    const std::string log = busy_log(2 * kRankBlock);
    const std::string gz = kBusyName + ".gz";
    const std::string zst = kBusyName + ".zst";
    dir_.append(gz, test_support::gzip(log));
    dir_.append(zst, test_support::zstd(log));
    expect_same_from(gz, splits(gz));
    expect_same_from(zst, splits(zst));
}

TEST_F(TailerResumeTest, AFileReadInPiecesWhileItGrowsGivesTheSame) {
    const std::string log = busy_log(2 * kRankBlock + 999);
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
