// SPDX-License-Identifier: MIT
#include "tailer/toolcalls/toolcall_journal.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <numeric>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tailer/toolcalls/tool_label.h"
#include "tests/support/temp_dir.h"
#include "tests/tailer/collected.h"

namespace tailer {
namespace {

namespace fs = std::filesystem;
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

    /// Claude Code's: of a session and, if any, a sub-agent in it.
    void start_in(const std::string& session, const std::string& id, double at,
                  const std::string& agent = "") {
        ToolCallStart record;
        record.id = id;
        record.tool = "Bash";
        record.time_ns = instant(at);
        record.pids = {kBoundary};
        record.session_id = session;
        record.agent_id = agent;
        write(record);
    }
    void stop(const std::string& session, double at, const std::string& agent = "") {
        write(ToolCallStop{session, agent, instant(at), false});
    }
    void end_session(const std::string& session, double at) {
        write(ToolCallStop{session, "", instant(at), true});
    }

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
    temp_.remove("toolcalls-2026-06-09.jsonl");
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

TEST_F(ToolCallJournalTest, ARefusedCallIsOverWhenItsAgentStops) {
    start_in("s", "refused", 0);
    EXPECT_EQ(match(5), "refused window");
    stop("s", 10);
    EXPECT_EQ(match(5), "refused window");
    EXPECT_EQ(match(11), "");
    start_in("s", "next", 20);
    EXPECT_EQ(match(21), "next window");
}

TEST_F(ToolCallJournalTest, ARefusedCallIsOverWhenItsSessionEnds) {
    start_in("s", "refused", 0);
    start_in("s", "of a sub-agent", 1, "a");
    end_session("other", 5);
    EXPECT_EQ(match(6), "of a sub-agent overlap");
    end_session("s", 10);
    EXPECT_EQ(match(11), "");
}

TEST_F(ToolCallJournalTest, ARefusedCallIsOverWhenTheNextOneIs) {
    start_in("s", "refused", 0);
    start_in("s", "next", 10);
    // Both may run: nobody has said that the first does not.
    EXPECT_EQ(match(11), "next overlap");
    end("next", 20);
    EXPECT_EQ(match(21), "");
    EXPECT_EQ(match(4'000), "");
    start_in("s", "third", 30);
    EXPECT_EQ(match(31), "third window");
}

TEST_F(ToolCallJournalTest, OfManyRefusedCallsNoneIsNamedLater) {
    for (int i = 0; i < 5; ++i) {
        start_in("s", "refused " + std::to_string(i), 10 * i);
    }
    stop("s", 50);
    EXPECT_EQ(match(35), "refused 3 overlap");
    EXPECT_EQ(match(51), "");
}

TEST_F(ToolCallJournalTest, ACallThatEndsOnItsOwnIsOpenUntilThen) {
    start_in("s", "long", 0);
    start_in("s", "short", 10);
    end("short", 20);
    start_in("s", "third", 30);
    end("third", 31);
    stop("s", 40);  // what runs in the background goes on
    end("long", 100);
    EXPECT_EQ(match(15), "short overlap");
    EXPECT_EQ(match(25), "long window");
    EXPECT_EQ(match(90), "long window");
    EXPECT_EQ(match(101), "");
}

TEST_F(ToolCallJournalTest, ASubAgentDoesNotEndTheCallThatStartedIt) {
    start_in("s", "task", 0);
    start_in("s", "inner", 1, "a");
    end("inner", 2);
    start_in("s", "inner refused", 3, "a");
    stop("s", 4, "a");
    EXPECT_EQ(match(1.5), "inner overlap");
    EXPECT_EQ(match(5), "task window");
    end("task", 6);
    EXPECT_EQ(match(7), "");
}

TEST_F(ToolCallJournalTest, TheOrderOfTheRecordsDoesNotMatter) {
    const std::vector<std::function<void()>> records = {
        [&] { start_in("s", "refused", 0); },
        [&] { start_in("s", "next", 10); },
        [&] { end("next", 20); },
        [&] { start_in("s", "third", 30); },
        [&] { stop("s", 40); },
        [&] { end_session("s", 60); },
        [&] { start_in("s", "last", 50); },
    };
    std::vector<std::size_t> order(records.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    do {
        fs::remove(temp_.file("toolcalls-2026-06-09.jsonl"));
        journal_ = ToolCallJournal({temp_.path()});
        for (const std::size_t i : order) {
            records[i]();
            journal_.refresh();
        }
        ASSERT_EQ(match(5), "refused window");
        ASSERT_EQ(match(15), "next overlap");
        ASSERT_EQ(match(25), "");
        ASSERT_EQ(match(35), "third window");
        ASSERT_EQ(match(45), "");
        ASSERT_EQ(match(55), "last window");
        ASSERT_EQ(match(65), "");
        std::next_permutation(order.begin(), order.end() - 2);  // the last two stay for speed
    } while (!std::is_sorted(order.begin(), order.end() - 2));
}

TEST_F(ToolCallJournalTest, StopsWithoutCallsAreForgotten) {
    std::string text;
    for (std::size_t i = 0; i < 3 * ToolCallJournal::kMostCalls; ++i) {
        text += encode_toolcall(ToolCallStop{"s" + std::to_string(i % 7), "", kNoon, i % 2 == 0});
    }
    append(text);
    start_in("s1", "call", 1);
    EXPECT_EQ(match(2), "call window");
    EXPECT_EQ(journal_.counts().invalid, 0U);
}

}  // namespace
}  // namespace tailer
