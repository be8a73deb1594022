// SPDX-License-Identifier: MIT
#include "tailer/lines/time_merge.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"
#include "tests/tailer/collected.h"
#include "tests/tailer/files/packed.h"

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

std::string name_of(int number) {
    return "boundary-2026-06-09_12-00-00-" + std::to_string(number) + ".log";
}

bool any_name(std::string_view) { return true; }

class TimeMergeTest : public testing::Test {
protected:
    explicit TimeMergeTest(LineReader::Tail tail = LineReader::Tail::IsLine)
        : merge_(files_, tail) {}

    /// Puts the files that have grown in line, in the order given by `order`.
    void enqueue(const std::function<void(std::vector<FileId>&)>& order = [](auto&) {}) {
        files_.scan(0, any_name);
        auto grown = files_.take_grown();
        std::ranges::sort(grown);
        order(grown);
        merge_.enqueue(grown);
    }

    /// The times that come out, oldest first or not.
    std::vector<std::int64_t> read(std::uint64_t budget = 1U << 20U) {
        std::vector<std::int64_t> times;
        const auto visit = [&](const LocatedLine& line) {
            most_open_ = std::max(most_open_, merge_.open_files());
            if (const auto* decision = std::get_if<Decision>(&line.parsed)) {
                times.push_back(decision->time_ns);
            } else {
                ++others_;
            }
        };
        while (merge_.read(budget, visit)) {
        }
        return times;
    }

    test_support::TempDir dir_;
    KnownFiles files_{{dir_.path()}, {}};
    TimeMerge merge_;
    std::size_t most_open_ = 0;
    int others_ = 0;
};

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

/// A merge that follows files: none of what is read is settled, as if Loki were slow.
class TimeMergeTurnsTest : public TimeMergeTest {
protected:
    TimeMergeTurnsTest() : TimeMergeTest(LineReader::Tail::HoldBack) { merge_.take_turns(); }

    /// One read() that takes all there is, unless something holds it back; gives the sessions of
    /// the lines in their order.
    std::vector<std::string> sessions(std::uint64_t budget,
                                      const TimeMerge::MayVisit& may_visit = {}) {
        std::vector<std::string> read;
        static_cast<void>(merge_.read(
            budget, [&](const LocatedLine& line) { read.emplace_back(line.session); }, may_visit));
        return read;
    }
    static std::string session(int number) {
        return "boundary-2026-06-09_12-00-00-" + std::to_string(number);
    }
    static std::string lines_at(std::int64_t time_ns, std::size_t bytes) {
        std::string lines;
        while (lines.size() < bytes) {
            lines += deny_line(time_ns);
        }
        return lines;
    }
};

TEST_F(TimeMergeTurnsTest, AFloodOfOldLinesHoldsUpNoOtherFile) {
    enqueue();  // nothing is there at the start
    dir_.append(name_of(1), lines_at(kNoon - 24 * 60 * kMinute, 20U << 20U));
    dir_.append(name_of(2), deny_line(kNoon));
    enqueue();
    std::vector<std::string> read = sessions(128U << 10U);
    const auto real = std::ranges::find(read, session(2));
    ASSERT_NE(real, read.end()) << "20 MiB lie before it";
    const std::uint64_t bytes =
        static_cast<std::uint64_t>(real - read.begin()) * deny_line(kNoon).size();
    EXPECT_LE(bytes, TimeMerge::kTurnBytes + 1000);
}

TEST_F(TimeMergeTurnsTest, WhatIsThereAtTheStartIsReadOldestFirst) {
    dir_.append(name_of(1), lines_at(kNoon, 1U << 20U));
    dir_.append(name_of(2), lines_at(kNoon - 60 * kMinute, 1U << 20U));
    enqueue();
    dir_.append(name_of(3), deny_line(kNoon + kMinute));
    enqueue();
    std::vector<std::string> read = sessions(4U << 20U);
    EXPECT_EQ(read.front(), session(2));
    EXPECT_EQ(read.back(), session(3));
    EXPECT_TRUE(std::ranges::is_sorted(read.begin(), read.end() - 1, std::greater<>()));
}

TEST_F(TimeMergeTurnsTest, AMuchLongerStartSharesItsTurns) {
    dir_.append(name_of(1), lines_at(kNoon, 2 * TimeMerge::kAloneBytes));
    enqueue();
    dir_.append(name_of(3), deny_line(kNoon + kMinute));
    enqueue();
    std::size_t lines = 0;
    std::vector<std::string> read;
    while (std::ranges::find(read, session(3)) == read.end() && !merge_.empty()) {
        read = sessions(128U << 10U);
        lines += read.size();
    }
    EXPECT_LE(lines * deny_line(kNoon).size(), TimeMerge::kAloneBytes + (256U << 10U));
    EXPECT_FALSE(merge_.empty()) << "it waits for no more than that";
}

TEST_F(TimeMergeTurnsTest, ManyBusyFilesDoNotReadAgainWhatIsInFlight) {
    constexpr int kFiles = 40;
    constexpr std::uint64_t kMegabyte = 1U << 20U;
    for (int i = 0; i < kFiles; ++i) {
        dir_.append(name_of(i), lines_at(kNoon, kMegabyte));
    }
    enqueue();
    read(64 * kMegabyte);  // and nothing of it is settled
    const std::uint64_t before = merge_.bytes_read();
    std::uint64_t appended = 0;
    for (int round = 0; round < 25; ++round) {
        for (int i = 0; i < kFiles; ++i) {
            const std::string lines = lines_at(kNoon + kMinute, 250);
            dir_.append(name_of(i), lines);
            appended += lines.size();
        }
        enqueue();
        EXPECT_THAT(read(kMegabyte), SizeIs(kFiles * 3));
    }
    EXPECT_LE(merge_.bytes_read() - before, 2 * appended);
}

TEST_F(TimeMergeTurnsTest, ALineThatMayNotComeWaitsAndTheOtherFilesGoOn) {
    enqueue();
    dir_.append(name_of(1), deny_line(kNoon) + "unparsed\n" + deny_line(kNoon + kSecond));
    dir_.append(name_of(2), deny_line(kNoon) + deny_line(kNoon + kSecond));
    enqueue();
    const auto only_parsed = [](const LocatedLine& line) {
        return !std::holds_alternative<Unparsed>(line.parsed);
    };
    EXPECT_THAT(sessions(4096, only_parsed),
                testing::UnorderedElementsAre(session(1), session(2), session(2)));
    EXPECT_FALSE(merge_.empty());
    EXPECT_FALSE(merge_.can_go_on());
    EXPECT_THAT(sessions(4096, only_parsed), IsEmpty());
    EXPECT_THAT(sessions(4096), ElementsAre(session(1), session(1)));
    EXPECT_TRUE(merge_.empty());
}

TEST_F(TimeMergeTurnsTest, WhereAllLinesHaveToWaitItSaysSo) {
    constexpr int kFiles = 40;
    for (int i = 0; i < kFiles; ++i) {
        dir_.append(name_of(i), deny_line(kNoon + i * kMinute));
    }
    enqueue();
    const auto nothing = [](const LocatedLine& /*line*/) { return false; };
    EXPECT_THAT(sessions(4096, nothing), IsEmpty());
    EXPECT_FALSE(merge_.empty());
    EXPECT_FALSE(merge_.can_go_on()) << "to try at once would be in vain";
    EXPECT_THAT(read(), SizeIs(kFiles)) << "and oldest first";
    EXPECT_TRUE(merge_.empty());
}

TEST_F(TimeMergeTurnsTest, AnOverLongLineIsTheSameDecisionHoweverItGrew) {
    const std::string line =
        "time=2026-06-09T12:00:00Z level=WARN msg=DENY method=GET url=https://h.example/" +
        std::string(900U << 10U, 'a') + "/b host=h.example\n";
    const auto told = [](TimeMerge& merge) {
        std::vector<std::string> urls;
        const auto visit = [&](const LocatedLine& located) {
            const auto* decision = std::get_if<Decision>(&located.parsed);
            urls.push_back(decision == nullptr ? "none"
                                               : std::to_string(decision->url.size()) + " " +
                                                     std::to_string(located.before.decisions) +
                                                     (decision->url_truncated ? " cut" : ""));
        };
        while (merge.read(1U << 20U, visit)) {
        }
        return urls;
    };
    // In pieces, closed in between; and 20 other files use the cursors up.
    enqueue();
    std::vector<std::string> in_pieces;
    for (std::size_t at = 0; at < line.size(); at += 100'000) {
        dir_.append(name_of(1), (at == 0 ? deny_line(kNoon) : "") + line.substr(at, 100'000));
        for (int i = 2; i < 22; ++i) {
            dir_.append(name_of(i), "x");
        }
        enqueue();
        for (auto& url : told(merge_)) {
            in_pieces.push_back(std::move(url));
        }
        if (at % 300'000 == 0) {
            merge_.close_all();
        }
    }
    const test_support::TempDir other;
    other.append(name_of(1), deny_line(kNoon) + line);
    KnownFiles files{{other.path()}, {}};
    files.scan(0, any_name);
    TimeMerge at_once(files, LineReader::Tail::HoldBack);
    at_once.enqueue(files.take_grown());
    const auto whole = told(at_once);
    ASSERT_THAT(whole, SizeIs(2));
    EXPECT_TRUE(whole.back().ends_with(" 1 cut")) << whole.back();
    std::erase(in_pieces, "none");
    EXPECT_EQ(in_pieces, whole);
}

}  // namespace
}  // namespace tailer
