// SPDX-License-Identifier: MIT
// Whose turn it is where files are followed, and not all that is read is settled.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tailer/collected.h"
#include "tests/tailer/lines/time_merge_fixture.h"

namespace tailer {
namespace {

using test_support::deny_line;
using test_support::kMinute;
using test_support::kNoon;
using test_support::kSecond;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

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
