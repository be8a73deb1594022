// SPDX-License-Identifier: MIT
#include "tailer/lines/time_merge.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tailer/collected.h"
#include "tests/tailer/files/packed.h"
#include "tests/tailer/lines/time_merge_fixture.h"

namespace tailer {
namespace {

using test_support::deny_line;
using test_support::kMillisecond;
using test_support::kMinute;
using test_support::kNoon;
using test_support::kSecond;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// How far behind the newest one before it any time lies.
std::int64_t disorder(const std::vector<std::int64_t>& times) {
    std::int64_t newest = std::numeric_limits<std::int64_t>::min();
    std::int64_t worst = 0;
    for (const std::int64_t time : times) {
        newest = std::max(newest, time);
        worst = std::max(worst, newest - time);
    }
    return worst;
}

TEST_F(TimeMergeTest, NothingInLineIsNothingToRead) {
    EXPECT_TRUE(merge_.empty());
    EXPECT_THAT(read(), IsEmpty());
}

TEST_F(TimeMergeTest, ReadsTheOlderFileFirst) {
    dir_.append(name_of(1), deny_line(kNoon + 60 * kMinute));
    dir_.append(name_of(2), deny_line(kNoon));
    dir_.append(name_of(3), deny_line(kNoon + 30 * kMinute));
    enqueue();
    EXPECT_THAT(read(), ElementsAre(kNoon, kNoon + 30 * kMinute, kNoon + 60 * kMinute));
    EXPECT_TRUE(merge_.empty());
}

TEST_F(TimeMergeTest, ManyFilesInAnyOrderComeOutWithinTheSlack) {
    // 60 files over a day, far more than may be open, each with its own pace; lines ascend within a
    // file.
    std::mt19937_64 random(6);
    std::uniform_int_distribution<std::int64_t> start(0, 20 * 60);
    std::uniform_int_distribution<std::int64_t> pace(1, 9 * 60);
    std::uniform_int_distribution<int> length(1, 60);
    std::vector<std::int64_t> all;
    for (int number = 0; number < 60; ++number) {
        std::int64_t time = kNoon + start(random) * kMinute;
        const std::int64_t step = pace(random) * kSecond;
        std::string content;
        for (int i = length(random); i > 0; --i) {
            content += deny_line(time);
            all.push_back(time);
            time += step + static_cast<std::int64_t>(random() % 1000) * kMillisecond;
        }
        if (number % 3 == 0) {
            dir_.append(name_of(number) + ".gz", test_support::gzip(content));
        } else if (number % 3 == 1) {
            dir_.append(name_of(number) + ".zst", test_support::zstd(content));
        } else {
            dir_.append(name_of(number), content);
        }
    }
    enqueue([&](auto& grown) { std::ranges::shuffle(grown, random); });
    auto times = read(10'000);  // a small budget: many stops in the middle of a file
    EXPECT_LE(disorder(times), TimeMerge::kSlackNs);
    EXPECT_GT(disorder(all), TimeMerge::kSlackNs) << "or the test proves nothing";
    EXPECT_LE(most_open_, 16U);
    std::ranges::sort(times);
    std::ranges::sort(all);
    EXPECT_EQ(times, all) << "each line exactly once";
}

TEST_F(TimeMergeTest, GoesBackAndForthBetweenFilesThatOverlap) {
    for (int i = 0; i < 12; ++i) {
        dir_.append(name_of(1), deny_line(kNoon + i * 30 * kMinute));
        dir_.append(name_of(2), deny_line(kNoon + (i * 30 + 15) * kMinute));
    }
    enqueue();
    const auto times = read();
    EXPECT_THAT(times, SizeIs(24));
    EXPECT_EQ(disorder(times), 0) << "steps of 15 minutes are wider than the slack";
}

TEST_F(TimeMergeTest, FilesThatOverlapLineByLineCostLittleMoreThanTheirBytes) {
    std::size_t bytes = 0;
    for (int number = 0; number < 40; ++number) {
        for (int i = 0; i < 25; ++i) {
            const std::string line = deny_line(kNoon + (40 * i + number) * kMinute);
            dir_.append(name_of(number), line);
            bytes += line.size();
        }
    }
    enqueue();
    EXPECT_THAT(read(), SizeIs(1'000U));
    EXPECT_LT(merge_.bytes_read(), 8 * bytes);
}

TEST_F(TimeMergeTest, CountsDoNotDependOnHowReadingWasInterrupted) {
    // Two files that alternate, and a budget of one line: the first file's cursor stops and goes on
    // many times. With close_all() between, it is opened anew each time.
    for (int i = 0; i < 8; ++i) {
        for (int repeat = 0; repeat < 3; ++repeat) {
            dir_.append(name_of(1), deny_line(kNoon + i * 30 * kMinute));
            dir_.append(name_of(2), deny_line(kNoon + (i * 30 + 15) * kMinute));
        }
    }
    for (const bool close : {false, true}) {
        KnownFiles files({dir_.path()}, {});
        TimeMerge merge(files, LineReader::Tail::HoldBack);
        files.scan(0, any_name);
        merge.enqueue(files.take_grown());
        std::map<FileId, std::vector<std::uint32_t>> counts;
        bool more = true;
        while (more) {
            more = merge.read(1, [&](const LocatedLine& line) {
                EXPECT_EQ(line.before.decisions, line.before.lines);
                counts[line.file_id].push_back(line.before.decisions);
            });
            if (close) {
                merge.close_all();
                EXPECT_EQ(merge.open_files(), 0U);
            }
        }
        EXPECT_THAT(counts, SizeIs(2));
        for (const auto& [file, given] : counts) {
            EXPECT_THAT(given, SizeIs(24));
            for (std::uint32_t i = 0; i < given.size(); ++i) {
                EXPECT_EQ(given[i], i) << close;
            }
        }
    }
}

TEST_F(TimeMergeTest, LinesWithoutATimeHoldNothingUp) {
    std::string junk;
    for (int i = 0; i < 100; ++i) {
        junk += "no record\n";
    }
    dir_.append(name_of(1), junk + deny_line(kNoon));
    dir_.append(name_of(2), deny_line(kNoon - 60 * kMinute));
    dir_.append(name_of(3), junk);
    dir_.append(name_of(4), "tail without end");
    enqueue();
    EXPECT_THAT(read(), ElementsAre(kNoon - 60 * kMinute, kNoon));
    EXPECT_EQ(others_, 201);
}

TEST_F(TimeMergeTest, StopsAboutWhereTheBudgetEnds) {
    const std::string line = deny_line(kNoon);
    for (int i = 0; i < 100; ++i) {
        dir_.append(name_of(1), line);
    }
    enqueue();
    int seen = 0;
    const auto visit = [&seen](const LocatedLine&) { ++seen; };
    EXPECT_TRUE(merge_.read(10 * line.size(), visit));
    EXPECT_EQ(seen, 10);
    EXPECT_TRUE(merge_.read(1, visit)) << "a line is never parted";
    EXPECT_EQ(seen, 11);
    EXPECT_TRUE(merge_.read(0, visit));
    EXPECT_EQ(seen, 11);
    EXPECT_FALSE(merge_.read(1U << 20U, visit));
    EXPECT_EQ(seen, 100);
}

TEST_F(TimeMergeTest, TimesAtTheEdgesOfWhatFitsAreOrderedToo) {
    dir_.append(name_of(1), deny_line(std::numeric_limits<std::int64_t>::max()) +
                                deny_line(std::numeric_limits<std::int64_t>::max()));
    dir_.append(name_of(2),
                "time=1677-09-21T00:12:44Z level=WARN msg=DENY method=GET url=u host=h\n");
    dir_.append(name_of(3), deny_line(kNoon));
    enqueue();
    EXPECT_EQ(disorder(read()), 0);
}

TEST_F(TimeMergeTest, AFileThatCannotBeReadIsReportedAndTheOthersAreRead) {
    dir_.append(name_of(1) + ".gz", test_support::gzip(deny_line(kNoon)).substr(0, 20));
    dir_.append(name_of(2) + ".zst", "not packed at all");
    dir_.append(name_of(3), deny_line(kNoon + kSecond));
    dir_.append(name_of(4), deny_line(kNoon + 2 * kSecond));
    files_.scan(0, any_name);
    auto grown = files_.take_grown();
    std::filesystem::remove(dir_.file(name_of(4)));
    merge_.enqueue(grown);
    EXPECT_THAT(read(), ElementsAre(kNoon + kSecond));
    const auto errors = merge_.take_errors();
    EXPECT_THAT(errors, SizeIs(3));
    for (const int number : {1, 2, 4}) {
        EXPECT_THAT(errors, testing::Contains(testing::HasSubstr(name_of(number))));
    }
    EXPECT_THAT(merge_.take_errors(), IsEmpty());
}

TEST_F(TimeMergeTest, AFileForgottenWhileInLineIsPassedOver) {
    dir_.append(name_of(1), deny_line(kNoon));
    dir_.append(name_of(2), deny_line(kNoon + kSecond));
    files_.scan(0, any_name);
    const auto grown = files_.take_grown();
    merge_.enqueue(grown);
    files_.forget(grown[0]);
    EXPECT_THAT(read(), SizeIs(1));
}

}  // namespace
}  // namespace tailer
