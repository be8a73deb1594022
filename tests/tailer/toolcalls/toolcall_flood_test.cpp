// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "tailer/toolcalls/toolcall_journal.h"
#include "tailer/toolcalls/toolcall_record.h"
#include "tests/support/temp_dir.h"
#include "tests/tailer/collected.h"

namespace tailer {
namespace {

using test_support::kNoon;
using test_support::kSecond;

/// A journal that somebody floods.
class ToolCallFloodTest : public testing::Test {
protected:
    [[nodiscard]] std::string file(int day) const {
        return temp_.file("toolcalls-2026-06-" + std::string(day < 10 ? "0" : "") +
                          std::to_string(day) + ".jsonl");
    }
    static ToolCallStart call(int number, std::int64_t time_ns) {
        ToolCallStart start;
        start.id = "call-" + std::to_string(number);
        start.tool = "Bash";
        start.time_ns = time_ns;
        start.pids = {4242};
        start.session_id = "session";
        return start;
    }

    test_support::TempDir temp_;
};

TEST_F(ToolCallFloodTest, ATurnReadsABoundedPart) {
    std::string text;
    for (int i = 0; text.size() < (30U << 20U); ++i) {
        // The later they are written the earlier they lie: the worst for whatever is sorted.
        text += encode_toolcall(call(i, kNoon - i * kSecond));
        text += encode_toolcall(ToolCallStop{"session", "", kNoon - i * kSecond, false});
    }
    std::ofstream(file(9)) << text;
    ToolCallJournal journal({temp_.path()});
    std::uint64_t turns = 1;
    std::uint64_t records = 0;
    std::uint64_t most = 0;
    for (bool all = false; !all; ++turns) {
        all = journal.refresh(ToolCallJournal::kTurnBytes);
        const std::uint64_t now = journal.counts().starts + journal.counts().ends;
        most = std::max(most, now - records);
        records = now;
    }
    EXPECT_GE(turns, text.size() / ToolCallJournal::kTurnBytes);
    EXPECT_LE(turns, text.size() / ToolCallJournal::kTurnBytes + 3);
    EXPECT_LE(most, ToolCallJournal::kTurnBytes / 60) << "records of one turn";
    EXPECT_LE(journal.size(), ToolCallJournal::kMostCalls);
    EXPECT_EQ(journal.counts().invalid, 0U);
    EXPECT_TRUE(journal.refresh(0)) << "all is read";
}

TEST_F(ToolCallFloodTest, AnOverLongLineIsPassedOverInTurnsToo) {
    std::ofstream(file(9)) << std::string(20U << 20U, 'x') << '\n'
                           << encode_toolcall(call(1, kNoon));
    ToolCallJournal journal({temp_.path()});
    int turns = 1;
    while (!journal.refresh(1U << 20U)) {
        ++turns;
    }
    EXPECT_GE(turns, 4);
    EXPECT_EQ(journal.counts().invalid, 1U);
    EXPECT_EQ(journal.counts().starts, 1U);
}

TEST_F(ToolCallFloodTest, ManyEmptyFilesCostNothingOnceTheyAreKnown) {
    constexpr int kFiles = 20'000;
    for (int i = 0; i < kFiles; ++i) {
        std::string number = std::to_string(i);
        number.insert(0, 10 - number.size(), '0');  // as long as a date
        std::ofstream(temp_.file("toolcalls-" + number + ".jsonl"));
    }
    std::filesystem::last_write_time(
        temp_.path(), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    ToolCallJournal journal({temp_.path()});
    EXPECT_TRUE(journal.refresh(ToolCallJournal::kTurnBytes));
    const std::uint64_t first = journal.counts().looks;
    EXPECT_LE(first, ToolCallJournal::kMostListed + ToolCallJournal::kMostFiles);
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(journal.refresh(ToolCallJournal::kTurnBytes));
    }
    EXPECT_LE(journal.counts().looks - first, 100 * ToolCallJournal::kMostWatched);
}

TEST_F(ToolCallFloodTest, TodaysFileIsReadWhateverElseThereIs) {
    for (int i = 0; i < 6'000; ++i) {
        // Days that were long ago, and days to come.
        const std::string number =
            std::to_string(i < 3'000 ? 1'000'000'000 + i : 9'000'000'000 + i);
        std::ofstream(temp_.file("toolcalls-" + number + ".jsonl"));
    }
    ToolCallJournal journal({temp_.path()});
    EXPECT_TRUE(journal.refresh(ToolCallJournal::kTurnBytes));
    const base::SystemClock clock;
    ASSERT_TRUE(append_toolcall(temp_.path(), call(1, clock.wall_ns())));
    EXPECT_TRUE(journal.refresh(ToolCallJournal::kTurnBytes));
    EXPECT_EQ(journal.size(), 1U);
    ASSERT_TRUE(append_toolcall(temp_.path(), call(2, clock.wall_ns())));
    EXPECT_TRUE(journal.refresh(ToolCallJournal::kTurnBytes));
    EXPECT_EQ(journal.size(), 2U);
}

}  // namespace
}  // namespace tailer
