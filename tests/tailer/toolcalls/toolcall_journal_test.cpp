// SPDX-License-Identifier: MIT
#include "tailer/toolcalls/toolcall_journal.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tailer/toolcalls/tool_label.h"
#include "tests/support/temp_dir.h"
#include "tests/tailer/collected.h"

namespace tailer {
namespace {

using test_support::kNoon;
using test_support::kSecond;

constexpr std::int64_t kBoundary = 4242;

class ToolCallJournalTest : public testing::Test {
protected:
    /// Times are in seconds behind noon.
    void start(const std::string& id, double at, std::vector<std::int64_t> pids = {kBoundary},
               ToolCallSource source = ToolCallSource::Hook) {
        ToolCallStart record;
        record.id = id;
        record.tool = "Bash";
        record.source = source;
        record.time_ns = instant(at);
        record.pids = std::move(pids);
        write(record);
    }
    void exec(const std::string& id, double at, std::int64_t pid) {
        start(id, at, {pid}, ToolCallSource::Exec);
    }
    void end(const std::string& id, double at) { write(ToolCallEnd{id, instant(at), 0}); }

    /// "id match", or "" for none.
    std::string match(double at, std::int64_t pid = kBoundary) {
        journal_.refresh();
        const auto match = journal_.match(pid, instant(at));
        return match ? std::string(match->id) + " " + std::string(name_of(match->match)) : "";
    }
    bool may_change(double at, std::int64_t pid = kBoundary) {
        journal_.refresh();
        return journal_.may_change(pid, journal_.match(pid, instant(at)));
    }

    static std::int64_t instant(double at) {
        return kNoon + static_cast<std::int64_t>(at * static_cast<double>(kSecond));
    }
    void write(const ToolCallRecord& record) { ASSERT_TRUE(append_toolcall(temp_.path(), record)); }
    void append(const std::string& text) {
        std::ofstream(temp_.file("toolcalls-2026-06-09.jsonl"), std::ios::app) << text;
    }

    test_support::TempDir temp_;
    ToolCallJournal journal_{{temp_.path()}};
};

TEST_F(ToolCallJournalTest, ACallThatStartedItsOwnBoundaryIsMatchedExactly) {
    exec("a", 10, 100);
    exec("b", 10, 200);  // in parallel
    EXPECT_EQ(match(11, 100), "a exact");
    EXPECT_EQ(match(11, 200), "b exact");
    EXPECT_EQ(match(11, 300), "");
    end("a", 12);
    EXPECT_EQ(match(11.5, 100), "a exact");
    EXPECT_FALSE(may_change(11.5, 100));
    EXPECT_FALSE(may_change(11.5, 300));
}

TEST_F(ToolCallJournalTest, AReusedPidBelongsToTheCallOfThatTime) {
    exec("a", 10, 100);
    end("a", 20);
    exec("b", 1000, 100);
    end("b", 1010);
    EXPECT_EQ(match(15, 100), "a exact");
    EXPECT_EQ(match(1005, 100), "b exact");
    EXPECT_EQ(match(500, 100), "");  // not a tool call's: before its time it was nobody's
    EXPECT_EQ(match(2000, 100), "");
}

TEST_F(ToolCallJournalTest, AClockThatIsSetMeanwhileCostsNoExactMatch) {
    exec("a", 10, 100);
    end("a", 12);
    EXPECT_EQ(match(6, 100), "a exact");
    EXPECT_EQ(match(16, 100), "a exact");
    EXPECT_EQ(match(4, 100), "");
    EXPECT_EQ(match(18, 100), "");
}

TEST_F(ToolCallJournalTest, CallsOneAfterTheOtherAreMatchedByTime) {
    start("a", 10);
    end("a", 20);
    start("b", 30);
    end("b", 40);
    EXPECT_EQ(match(9), "");
    EXPECT_EQ(match(10), "a window");
    EXPECT_EQ(match(20), "a window");
    EXPECT_EQ(match(25), "");
    EXPECT_EQ(match(35), "b window");
    EXPECT_EQ(match(41), "");
    EXPECT_TRUE(may_change(35));
    EXPECT_TRUE(may_change(25));
}

TEST_F(ToolCallJournalTest, BoundarysWholeMillisecondsMayLieBeforeTheStart) {
    start("a", 10.0005);
    EXPECT_EQ(match(10), "a window");
    EXPECT_EQ(match(9.999), "");
}

TEST_F(ToolCallJournalTest, OfCallsInParallelTheLatestStartedIsNamedWithTheDoubt) {
    start("a", 10);
    start("b", 12);
    end("a", 15);
    end("b", 20);
    EXPECT_EQ(match(11), "a window");
    EXPECT_EQ(match(13), "b overlap");
    EXPECT_EQ(match(16), "b window");
    start("c", 30);
    start("d", 31);
    EXPECT_EQ(match(32), "d overlap");
    end("d", 33);
    EXPECT_EQ(match(34), "c window");
}

TEST_F(ToolCallJournalTest, ACallThatNeverEndsTimesOut) {
    start("a", 0);
    EXPECT_EQ(match(3600), "a window");
    EXPECT_EQ(match(4 * 3600), "a window");
    EXPECT_EQ(match(4 * 3600 + 1), "");
    start("b", 100);
    end("b", 110);
    EXPECT_EQ(match(105), "b overlap");
    EXPECT_EQ(match(120), "a window");
}

TEST_F(ToolCallJournalTest, RecordsMayComeInAnyOrder) {
    end("a", 20);
    start("b", 30);
    start("a", 10);
    end("b", 40);
    EXPECT_EQ(match(15), "a window");
    EXPECT_EQ(match(21), "");
    EXPECT_EQ(match(35), "b window");
    end("c", 50);  // a clock set back between start and end
    start("c", 60);
    EXPECT_EQ(match(60), "c window");
    EXPECT_EQ(match(61), "");
}

TEST_F(ToolCallJournalTest, CallsOfAnotherBoundaryDoNotCount) {
    start("a", 10, {4242});
    start("b", 10, {5000});
    EXPECT_EQ(match(11, 4242), "a window");
    EXPECT_EQ(match(11, 5000), "b window");
    EXPECT_EQ(match(11, 6000), "");
}

TEST_F(ToolCallJournalTest, CallsThatNameNoBoundaryServeAnyByTimeAlone) {
    start("a", 10, {});
    end("a", 20);
    EXPECT_EQ(match(15, 1), "a window");
    exec("b", 14, 2);
    EXPECT_EQ(match(15, 2), "b exact");
    EXPECT_EQ(match(15, 3), "a window");
    start("long-lived jail", 16, {}, ToolCallSource::Exec);
    EXPECT_EQ(match(17, 3), "long-lived jail overlap");
}

TEST_F(ToolCallJournalTest, WhoClaimsAnothersPidOrIdCastsDoubtAndStealsNothing) {
    exec("a", 10, 100);
    start("forged", 11, {100});
    EXPECT_EQ(match(12, 100), "forged overlap");
    EXPECT_EQ(match(10.5, 100), "a exact");
    exec("b", 10, 200);
    start("b", 5, {200});
    EXPECT_EQ(match(12, 200), "b overlap");
    exec("c", 10, 300);
    exec("c", 10, 300);  // the same record twice is no other claim
    EXPECT_EQ(match(12, 300), "c exact");
}

TEST_F(ToolCallJournalTest, ATornTailWaitsForItsRestAndATornLineCostsItselfAlone) {
    const std::string whole = encode_toolcall(ToolCallEnd{"a", instant(20), 0});
    start("a", 10);
    append(whole.substr(0, 30));
    EXPECT_EQ(match(25), "a window");
    append(whole.substr(30));
    EXPECT_EQ(match(25), "");
    append(R"({"v":1,"event":"start","id":"to)");
    start("b", 30);
    EXPECT_EQ(match(35), "b window");
    EXPECT_EQ(journal_.counts().invalid, 0U);
}

TEST_F(ToolCallJournalTest, WhatIsNoRecordIsCountedAndPassedOver) {
    start("a", 10);
    append("garbage\n\n" + std::string(10U << 20U, 'x') + "\n{\"v\":1}\n");
    start("b", 11);
    EXPECT_EQ(match(12), "b overlap");
    EXPECT_EQ(journal_.counts().starts, 2U);
    EXPECT_EQ(journal_.counts().invalid, 4U);
}

TEST_F(ToolCallJournalTest, ReadsTheFilesOfAllDaysAndFollowsNoLink) {
    start("a", -24 * 3600);
    start("b", 0);
    const test_support::TempDir elsewhere;
    ToolCallStart foreign;
    foreign.id = "foreign";
    foreign.time_ns = instant(1);
    ASSERT_TRUE(append_toolcall(elsewhere.path(), foreign));
    std::filesystem::create_symlink(elsewhere.file("toolcalls-2026-06-09.jsonl"),
                                    temp_.file("toolcalls-2026-06-10.jsonl"));
    std::filesystem::create_directory(temp_.file("toolcalls-2026-06-11.jsonl"));
    EXPECT_EQ(match(-24 * 3600 + 1), "a window");
    EXPECT_EQ(match(2), "b window");
    EXPECT_EQ(journal_.size(), 2U);
}

TEST_F(ToolCallJournalTest, StartsAnewOnAFileThatWasReplacedAndForgetsNothing) {
    start("a", 10);
    EXPECT_EQ(match(11), "a window");
    std::filesystem::remove(temp_.file("toolcalls-2026-06-09.jsonl"));
    end("a", 12);
    start("b", 20);
    EXPECT_EQ(match(11), "a window");
    EXPECT_EQ(match(13), "");
    EXPECT_EQ(match(21), "b window");
}

TEST_F(ToolCallJournalTest, RemembersABoundedNumberOfCallsTheLatest) {
    std::string text;
    for (std::size_t i = 0; i < 3 * ToolCallJournal::kMostCalls; ++i) {
        ToolCallStart call;
        call.id = std::to_string(i);
        call.time_ns = kNoon + static_cast<std::int64_t>(i) * kSecond;
        text += encode_toolcall(call) +
                encode_toolcall(ToolCallEnd{call.id, call.time_ns + kSecond / 2, 0});
    }
    append(text);
    const auto last = static_cast<double>(3 * ToolCallJournal::kMostCalls - 1);
    EXPECT_EQ(match(last + 0.1), std::to_string(3 * ToolCallJournal::kMostCalls - 1) + " window");
    EXPECT_EQ(match(0.1), "");
    EXPECT_LE(journal_.size(), ToolCallJournal::kMostCalls);
    EXPECT_GE(journal_.size(), ToolCallJournal::kMostCalls / 2);
}

TEST_F(ToolCallJournalTest, AFolderThatIsNotThereYetIsLookedForAgain) {
    const std::string folder = temp_.file("later");
    ToolCallJournal journal({"", folder});
    journal.refresh();
    EXPECT_TRUE(journal.empty());
    ToolCallStart call;
    call.id = "a";
    ASSERT_TRUE(append_toolcall(folder, call));
    journal.refresh();
    EXPECT_EQ(journal.size(), 1U);
}

TEST(ToolLabelTest, HasFewValuesWhateverTheNames) {
    const auto known = default_tool_names();
    EXPECT_EQ(tool_label("Bash", known), "Bash");
    EXPECT_EQ(tool_label("execute", known), "execute");
    EXPECT_EQ(tool_label("mcp__github__search", known), "mcp");
    EXPECT_EQ(tool_label("bash", known), "other");
    EXPECT_EQ(tool_label(std::string(300, 'x'), known), "other");
    EXPECT_EQ(tool_label("", known), "");
    EXPECT_EQ(tool_label("Bash", {}), "other");
}

}  // namespace
}  // namespace tailer
