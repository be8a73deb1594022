// SPDX-License-Identifier: MIT
#include "tailer/tailer.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tailer/collected.h"
#include "tests/tailer/tailer_fixture.h"

namespace tailer {
namespace {

namespace fs = std::filesystem;
using test_support::deny_line;
using test_support::kMillisecond;
using test_support::kNoon;
using test_support::kSecond;
using test_support::notice_line;
using test_support::read_all;
using test_support::readable;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(TailerTest, TurnsLinesIntoRecordsOfTheirSession) {
    dir_.append(kName, deny_line(kNoon) + notice_line(kNoon + kSecond, "x"));
    Tailer tailer = follow();
    const auto read = read_all(tailer, true);
    ASSERT_THAT(read.records, SizeIs(2));
    EXPECT_EQ(read.records[0].kind, RecordKind::Deny);
    EXPECT_EQ(read.records[0].timestamp_ns, kNoon);
    EXPECT_THAT(read.records[0].line,
                HasSubstr(R"("session":"boundary-2026-06-09_12-00-00-1","seq":0)"));
    EXPECT_EQ(read.records[0].end_offset, deny_line(kNoon).size());
    EXPECT_EQ(read.records[1].kind, RecordKind::Notice);
    EXPECT_EQ(read.records[1].notice, "x");
    EXPECT_EQ(read.records[1].end_offset, fs::file_size(dir_.file(kName)));
    EXPECT_THAT(read.unparsed, IsEmpty());
    EXPECT_EQ(tailer.unread_bytes(), 0U);
    EXPECT_EQ(tailer.bytes_read(), fs::file_size(dir_.file(kName)));
}

const std::string kStarted = R"(level=INFO msg="boundary session started" session_id=)";
const std::string kStart = "time=2026-06-09T12:00:00.000Z " + kStarted;
const std::string kUuid = "69742c21-5ad8-40fc-9f24-f5f2b5c2aa7e";
const std::string kField = R"(,"boundary_session_id":")" + kUuid + '"';

TEST_F(TailerTest, EveryDecisionSaysBoundarysOwnSession) {
    dir_.append(kName, kStart + kUuid + "\n" + deny_line(kNoon));
    dir_.append(kOther, deny_line(kNoon));
    Tailer tailer = follow();
    const auto read = read_all(tailer, true);
    ASSERT_THAT(read.records, SizeIs(3));
    for (const auto& record : read.records) {
        const bool of_first =
            record.line.find("boundary-2026-06-09_12-00-00-1\"") != std::string::npos;
        const bool told = record.kind == RecordKind::Deny && of_first;
        EXPECT_EQ(record.line.find(kField) != std::string::npos, told) << record.line;
        EXPECT_EQ(std::ranges::find(record.metadata, kUuid,
                                    [](const auto& pair) { return pair.second; }) !=
                      record.metadata.end(),
                  told);
    }
}

TEST_F(TailerTest, OnlyTheFirstLineTellsBoundarysSession) {
    const std::string json = R"({"time":"2026-06-09T12:00:00Z","level":"INFO",)"
                             R"("msg":"boundary session started","session_id":")";
    const std::vector<std::pair<std::string, bool>> heads = {
        {kStart + kUuid + "\n", true},
        {kStart + kUuid + "\r\n", true},
        {json + kUuid + "\"}\n", true},
        {notice_line(kNoon, "x") + kStart + kUuid + "\n", false},
        {kStart + "\n", false},
        {kStart + "secret-secret-secret\n", false},
        {kStart + kUuid + "0\n", false},
        {kStart + "69742C21-5AD8-40FC-9F24-F5F2B5C2AA7E\n", false},
        {kStart + kUuid + " " + std::string(600, 'x') + "\n", false},
        {"time=2026-06-09T12:00:00.000Z level=INFO msg=other session_id=" + kUuid + "\n", false},
        {"", false},
    };
    int number = 1;
    for (const auto& [head, told] : heads) {
        const test_support::TempDir dir;
        const std::string name =
            "boundary-2026-06-09_12-00-00-" + std::to_string(++number) + ".log";
        dir.append(name, head + deny_line(kNoon) + deny_line(kNoon));
        Tailer tailer = Tailer::follow({dir.path()}, {}, {});
        const auto read = read_all(tailer, true);
        ASSERT_THAT(read.records, testing::Not(IsEmpty())) << head;
        EXPECT_EQ(read.records.back().line.find(kField) != std::string::npos, told) << head;
        EXPECT_EQ(read.records.back().line.find("boundary_session_id") != std::string::npos, told);
    }
}

TEST_F(TailerTest, GivesEqualLinesOfOneMillisecondTheirOwnNumbers) {
    for (int i = 0; i < 5; ++i) {
        dir_.append(kName, deny_line(kNoon) + notice_line(kNoon, "x"));
    }
    Tailer tailer = follow();
    const auto read = read_all(tailer, true);
    std::set<std::string> lines;
    std::vector<std::int64_t> denies;
    std::vector<std::int64_t> notices;
    for (const auto& record : read.records) {
        (record.kind == RecordKind::Deny ? denies : notices).push_back(record.timestamp_ns - kNoon);
        lines.insert(record.line);
    }
    EXPECT_THAT(denies, ElementsAre(0, 1, 2, 3, 4));
    EXPECT_THAT(notices, ElementsAre(1, 3, 5, 7, 9));
    EXPECT_THAT(lines, SizeIs(10));
}

TEST_F(TailerTest, ReadsLinesThatEndInCarriageReturnAndNewline) {
    const auto with_carriage_return = [](std::string line) {
        return line.insert(line.size() - 1, "\r");
    };
    dir_.append(kName, with_carriage_return(deny_line(kNoon, "/path")) +
                           with_carriage_return(notice_line(kNoon, "x")) +
                           with_carriage_return(deny_line(kNoon)));
    Tailer tailer = follow();
    const auto read = read_all(tailer, true);
    ASSERT_THAT(read.records, SizeIs(3));
    EXPECT_THAT(read.records[0].line, HasSubstr(R"("domain":"h.example")"));
    EXPECT_EQ(read.records[1].notice, "x");
    EXPECT_EQ(read.records[2].timestamp_ns, kNoon + 1);
}

TEST_F(TailerTest, AccountsForEveryLine) {
    dir_.append(kName, deny_line(kNoon) + "no record\n\n" + notice_line(kNoon, "x") +
                           std::string(300'000, 'x') + "\n" + deny_line(kNoon + kSecond));
    Tailer tailer = follow();
    const auto read = read_all(tailer, true);
    EXPECT_THAT(read.records, SizeIs(3));
    ASSERT_THAT(read.unparsed, SizeIs(3));
    EXPECT_EQ(read.unparsed[0].reason, "malformed");
    EXPECT_EQ(read.unparsed[0].text, "no record");
    EXPECT_EQ(read.unparsed[0].session, "boundary-2026-06-09_12-00-00-1");
    EXPECT_EQ(read.unparsed[1].reason, "not_slog");
    EXPECT_EQ(read.unparsed[2].reason, "too_long");
    EXPECT_EQ(read.records[2].end_offset, fs::file_size(dir_.file(kName)));
}

TEST_F(TailerTest, CountsAnOverLongLineThatGrowsInPiecesOnce) {
    Tailer tailer = following();
    std::vector<test_support::KeptUnparsed> unparsed;
    for (int i = 0; i < 8; ++i) {
        dir_.append(kName, std::string(100'000, 'x'));
        auto read = read_all(tailer);
        EXPECT_THAT(read.records, IsEmpty());
        EXPECT_THAT(read.unparsed, IsEmpty());
        if (i % 2 == 0) {
            tailer.rest();
        }
    }
    dir_.append(kName, "\n" + deny_line(kNoon));
    const auto read = read_all(tailer);
    ASSERT_THAT(read.unparsed, SizeIs(1));
    EXPECT_EQ(read.unparsed[0].reason, "too_long");
    EXPECT_THAT(read.event_times(), ElementsAre(kNoon));
}

TEST_F(TailerTest, WakesForAFileThatAppears) {
    Tailer tailer = following();
    EXPECT_THAT(read_all(tailer).records, IsEmpty());
    EXPECT_FALSE(readable(tailer));
    dir_.append(kName, deny_line(kNoon));
    EXPECT_TRUE(readable(tailer));
    EXPECT_THAT(read_all(tailer).records, SizeIs(1));
    EXPECT_FALSE(readable(tailer));
    dir_.append(kName, deny_line(kNoon + kSecond));
    EXPECT_TRUE(readable(tailer));
    EXPECT_THAT(read_all(tailer).event_times(), ElementsAre(kNoon + kSecond));
}

TEST_F(TailerTest, WaitsForAFolderAndFollowsItsSuccessor) {
    Tailer tailer = Tailer::follow({dir_.file("a/logs")}, {}, {});
    tailer.look(true);
    for (int round = 0; round < 3; ++round) {
        fs::create_directories(dir_.file("a/logs"));
        dir_.append("a/logs/" + kName, deny_line(kNoon + round * kSecond));
        EXPECT_TRUE(readable(tailer));
        EXPECT_THAT(read_all(tailer).event_times(), ElementsAre(kNoon + round * kSecond)) << round;
        dir_.remove("a");
        // The kernel tells of it once no file of the folder is open any more.
        tailer.rest();
        EXPECT_TRUE(readable(tailer));
        EXPECT_THAT(read_all(tailer).records, IsEmpty());
    }
}

TEST_F(TailerTest, ReadsOldestFirstWhatComesBackWithItsFolder) {
    // The names stand for rising times in one folder and for falling ones in the other, so that no
    // order of a listing is right in both.
    const std::vector<std::int64_t> times = {kNoon, kNoon + 60 * kSecond, kNoon + 120 * kSecond};
    const std::string names[] = {dir_.file("a"), dir_.file("b")};
    Progress progress;
    for (const std::string& folder : names) {
        progress[folder] = {{CompactName(kName), {1, 1}}};
    }
    Tailer tailer = Tailer::follow({names[0], names[1]}, progress, {});
    EXPECT_THAT(read_all(tailer, true).records, IsEmpty());
    for (const bool rising : {true, false}) {
        const std::string folder = rising ? "a" : "b";
        fs::create_directory(dir_.file("new"));
        for (std::size_t i = 0; i < times.size(); ++i) {
            dir_.append("new/boundary-2026-06-09_12-00-00-" + std::to_string(i) + ".log",
                        deny_line(times[rising ? i : times.size() - 1 - i]));
        }
        fs::rename(dir_.file("new"), dir_.file(folder));
        EXPECT_THAT(read_all(tailer, true).event_times(), testing::ElementsAreArray(times));
    }
}

TEST_F(TailerTest, HoldsBackALineUntilItIsWhole) {
    const std::string line = deny_line(kNoon);
    Tailer tailer = following();
    for (std::size_t i = 0; i + 1 < line.size(); i += 20) {
        dir_.append(kName, line.substr(i, std::min<std::size_t>(20, line.size() - 1 - i)));
        const auto read = read_all(tailer);
        EXPECT_THAT(read.records, IsEmpty());
        EXPECT_THAT(read.unparsed, IsEmpty());
    }
    dir_.append(kName, "\n");
    EXPECT_THAT(read_all(tailer).event_times(), ElementsAre(kNoon));
}

TEST_F(TailerTest, ReadsAgainWhatItKnowsByAnyNameAndNothingElse) {
    dir_.append(kName, deny_line(kNoon));
    dir_.append(kOther, deny_line(kNoon + kSecond));
    Tailer tailer = follow();
    ASSERT_THAT(read_all(tailer, true).records, SizeIs(2));
    std::vector<FileId> all;
    tailer.files().for_each([&](FileId id, const KnownFile&) { all.push_back(id); });
    fs::rename(dir_.file(kOther), dir_.file(kName));
    tailer.look(false);
    Tailer again = tailer.again(all);
    const auto read = read_all(again, false);
    ASSERT_THAT(read.records, SizeIs(1));
    EXPECT_THAT(read.records[0].line, HasSubstr(R"("session":"boundary-2026-06-09_12-00-00-2")"));
    const auto by_name = [&](FileId id) {
        return tailer.files().file(id).session() == "boundary-2026-06-09_12-00-00-1";
    };
    Tailer of_the_other = tailer.again({*std::ranges::find_if(all, by_name)});
    EXPECT_THAT(read_all(of_the_other, false).records, IsEmpty());
}

TEST_F(TailerTest, KeepsNoFileOpenAtRest) {
    for (int i = 0; i < 40; ++i) {
        dir_.append("boundary-2026-06-09_12-00-00-" + std::to_string(i) + ".log", deny_line(kNoon));
    }
    Tailer tailer = follow();
    EXPECT_THAT(read_all(tailer, true).records, SizeIs(40));
    EXPECT_LE(tailer.open_files(), 16U);
    tailer.rest();
    EXPECT_EQ(tailer.open_files(), 0U);
    dir_.append(kName, deny_line(kNoon));
    EXPECT_THAT(read_all(tailer).records, SizeIs(1));
}

TEST_F(TailerTest, IsNotHeldUpByWhatIsNoLog) {
    const std::string outside = dir_.append("outside", deny_line(kNoon));
    const std::string logs = dir_.file("logs");
    fs::create_directory(logs);
    fs::create_symlink(outside, logs + "/" + kName);
    ASSERT_EQ(::mkfifo((logs + "/" + kOther).c_str(), 0666), 0);
    fs::create_directory(logs + "/boundary-2026-06-09_12-00-00-3.log");
    dir_.append("logs/boundary-2026-06-09_12-00-00-4.log", deny_line(kNoon + kSecond));
    ::alarm(20);
    Tailer following = Tailer::follow({logs}, {}, {});
    EXPECT_THAT(read_all(following, true).event_times(), ElementsAre(kNoon + kSecond));
    auto once = Tailer::once({logs}, {}, {});
    ASSERT_TRUE(once);
    EXPECT_THAT(read_all(*once).event_times(), ElementsAre(kNoon + kSecond));
    ::alarm(0);
}

TEST_F(TailerTest, ALineOfTheLastInstantThatFitsDoesNoHarm) {
    const std::string line = deny_line(std::numeric_limits<std::int64_t>::max());
    dir_.append(kName, line + line + line + deny_line(kNoon));
    Tailer tailer = follow();
    const auto read = read_all(tailer, true);
    ASSERT_THAT(read.records, SizeIs(4));
    for (int i = 0; i < 3; ++i) {
        EXPECT_GT(read.records[static_cast<std::size_t>(i)].timestamp_ns, kNoon);
    }
}

TEST_F(TailerTest, FindsTheToolCallThatWasWrittenJustBeforeItsFirstDecision) {
    const std::string journal = dir_.file("toolcalls");
    Tailer tailer = Tailer::follow({dir_.path()}, {}, {}, journal);
    dir_.append(kName, deny_line(kNoon));
    ASSERT_THAT(read_all(tailer, true).records, SizeIs(1));
    ToolCallStart call;
    call.id = "toolu_01";
    call.time_ns = kNoon + kSecond;
    ASSERT_TRUE(append_toolcall(journal, call));
    dir_.append(kName, deny_line(kNoon + 2 * kSecond) + notice_line(kNoon + 2 * kSecond, "x"));
    const auto records = read_all(tailer, true).records;
    ASSERT_THAT(records, SizeIs(2));
    EXPECT_THAT(records[0].line, HasSubstr(R"("tool_call_id":"toolu_01")"));
    EXPECT_TRUE(records[0].tool_call_may_change);
    EXPECT_THAT(records[1].line, testing::Not(HasSubstr("toolu_01")));
    EXPECT_FALSE(records[1].tool_call_may_change);
}

}  // namespace
}  // namespace tailer
