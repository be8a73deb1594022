// SPDX-License-Identifier: MIT
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/utf8.h"
#include "tailer/toolcalls/toolcall_parser.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace tailer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Optional;
using testing::VariantWith;

constexpr std::int64_t kTime = 1'780'000'000'123'456'789;

ToolCallStart whole_start() {
    ToolCallStart start;
    start.id = "toolu_01";
    start.tool = "Bash";
    start.source = ToolCallSource::Exec;
    start.time_ns = kTime;
    start.pids = {4242, 4243};
    start.chat_id = "chat-1";
    start.session_id = "session-1";
    start.process = "claude";
    start.command_sha256 = "00ff";
    start.command_preview = "curl https://h.example";
    return start;
}

std::optional<ToolCallRecord> parsed(const std::string& line) {
    ToolCallParser parser;
    std::string padded = line;
    padded.append(kJsonPadding, '\0');
    return parser.parse(std::string_view(padded).substr(0, line.size()));
}

std::optional<ToolCallRecord> again(const ToolCallRecord& record) {
    const std::string line = encode_toolcall(record);
    EXPECT_THAT(line, EndsWith("}\n"));
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    return parsed(line.substr(0, line.size() - 1));
}

TEST(ToolCallRecordTest, WritesTheJournalsFormatByteForByte) {
    EXPECT_EQ(encode_toolcall(whole_start()),
              R"({"v":1,"event":"start","id":"toolu_01","tool":"Bash","source":"exec",)"
              R"("time":"2026-05-28T20:26:40.123456789Z","pids":[4242,4243],"chat_id":"chat-1",)"
              R"("session_id":"session-1","process":"claude","command_sha256":"00ff",)"
              R"("command_preview":"curl https://h.example"})"
              "\n");
    EXPECT_EQ(encode_toolcall(ToolCallEnd{"toolu_01", kTime, 3}),
              R"({"v":1,"event":"end","id":"toolu_01",)"
              R"("time":"2026-05-28T20:26:40.123456789Z","status":3})"
              "\n");
    EXPECT_EQ(encode_toolcall(ToolCallEnd{"toolu_01", kTime, 3, "Error: x"}),
              R"({"v":1,"event":"end","id":"toolu_01","time":"2026-05-28T20:26:40.123456789Z",)"
              R"("status":3,"boundary_said":"Error: x"})"
              "\n");
    EXPECT_EQ(encode_toolcall(ToolCallStop{"session-1", "agent-1", kTime, false}),
              R"({"v":1,"event":"stop","time":"2026-05-28T20:26:40.123456789Z",)"
              R"("session_id":"session-1","agent_id":"agent-1"})"
              "\n");
    EXPECT_EQ(encode_toolcall(ToolCallStop{"session-1", "", kTime, true}),
              R"({"v":1,"event":"session_end","time":"2026-05-28T20:26:40.123456789Z",)"
              R"("session_id":"session-1"})"
              "\n");
}

TEST(ToolCallRecordTest, ReadsWhatItWrites) {
    EXPECT_THAT(again(whole_start()), Optional(VariantWith<ToolCallStart>(whole_start())));
    ToolCallStart least;
    least.id = "x";
    EXPECT_THAT(again(least), Optional(VariantWith<ToolCallStart>(least)));
    const auto end = again(ToolCallEnd{"x", 5, std::nullopt});
    ASSERT_TRUE(end);
    EXPECT_EQ(std::get<ToolCallEnd>(*end).id, "x");
    EXPECT_EQ(std::get<ToolCallEnd>(*end).time_ns, 5);
    EXPECT_EQ(std::get<ToolCallEnd>(*end).status, std::nullopt);
    const auto said = again(ToolCallEnd{"x", 5, 1, "Error: \"x\""});
    ASSERT_TRUE(said);
    EXPECT_EQ(std::get<ToolCallEnd>(*said).boundary_said, "Error: \"x\"");
    for (const bool whole : {false, true}) {
        const auto stop = again(ToolCallStop{"s", "a", 5, whole});
        ASSERT_TRUE(stop);
        EXPECT_EQ(std::get<ToolCallStop>(*stop).session_id, "s");
        EXPECT_EQ(std::get<ToolCallStop>(*stop).agent_id, "a");
        EXPECT_EQ(std::get<ToolCallStop>(*stop).time_ns, 5);
        EXPECT_EQ(std::get<ToolCallStop>(*stop).whole_session, whole);
    }
    EXPECT_FALSE(parsed(R"({"v":1,"event":"stop","time":"2026-05-28T20:26:40Z"})"));
}

TEST(ToolCallRecordTest, WhatItWritesIsReadBackWhateverTheTextsHold) {
    ToolCallStart start = whole_start();
    start.tool = "quote \" newline \n and \\ \xFF";
    start.chat_id = std::string(kLongestToolCallText - 1, 'a') + "\xF0\x9F\x94\xA5";
    start.session_id = std::string(100'000, '\xFF');
    start.pids.assign(20, 7);
    const auto record = again(start);
    ASSERT_TRUE(record);
    const auto& read = std::get<ToolCallStart>(*record);
    EXPECT_EQ(read.tool, "quote \" newline \n and \\ \xEF\xBF\xBD");
    EXPECT_EQ(read.chat_id, std::string(kLongestToolCallText - 1, 'a'));
    EXPECT_LE(read.session_id.size(), kLongestToolCallText);
    EXPECT_EQ(read.pids.size(), kMostToolCallPids);
}

TEST(ToolCallRecordTest, FindsARecordBehindTheTornRestOfAnother) {
    std::string line = encode_toolcall(whole_start());
    line.pop_back();
    for (std::size_t cut = 0; cut < line.size(); ++cut) {
        EXPECT_THAT(parsed(line.substr(0, cut) + line),
                    Optional(VariantWith<ToolCallStart>(whole_start())))
            << cut;
    }
}

TEST(ToolCallRecordTest, TakesNothingElseForARecord) {
    const std::string line = encode_toolcall(whole_start());
    for (std::size_t cut = 0; cut + 2 < line.size(); ++cut) {
        EXPECT_FALSE(parsed(line.substr(0, cut))) << cut;
    }
    const std::string long_text(kLongestToolCallText + 1, 'x');
    for (
        const std::string& text : std::vector<std::string>{
            "",
            "null",
            "[]",
            R"("text")",
            "{}",
            R"({"v":2,"event":"start","id":"a","time":"2026-05-28T20:26:40Z"})",
            R"({"event":"start","id":"a","time":"2026-05-28T20:26:40Z"})",
            R"({"v":1,"event":"pause","id":"a","time":"2026-05-28T20:26:40Z"})",
            R"({"v":1,"event":"start","time":"2026-05-28T20:26:40Z"})",
            R"({"v":1,"event":"start","id":"","time":"2026-05-28T20:26:40Z"})",
            R"({"v":1,"event":"start","id":5,"time":"2026-05-28T20:26:40Z"})",
            R"({"v":1,"event":"start","id":"a"})",
            R"({"v":1,"event":"start","id":"a","time":"yesterday"})",
            R"({"v":1,"event":"start","id":"a","time":5})",
            R"({"v":1,"event":"start","id":"a","time":"2026-05-28T20:26:40Z","pids":7})",
            R"({"v":1,"event":"start","id":"a","time":"2026-05-28T20:26:40Z","pids":["7"]})",
            R"({"v":1,"event":"start","id":"a","time":"2026-05-28T20:26:40Z","pids":[1,2,3,4,5,6,7,8,9]})",
            R"({"v":1,"event":"end","id":"a","time":"2026-05-28T20:26:40Z","status":"ok"})",
            R"({"v":1,"event":"end","id":"a","time":"2026-05-28T20:26:40Z"} more)",
            R"({"v":1,"event":"end","id":")" + long_text + R"(","time":"2026-05-28T20:26:40Z"})",
            R"({"v":1,"event":"end","id":"a","time":"2026-05-28T20:26:40Z","x":)" +
                std::string(100'000, '['),
        }) {
        EXPECT_FALSE(parsed(text)) << text.substr(0, 100);
    }
}

TEST(ToolCallRecordTest, PassesOverFieldsOfLaterVersions) {
    EXPECT_TRUE(parsed(R"({"v":1,"event":"end","new":{"a":[1]},"id":"a",)"
                       R"("time":"2026-05-28T20:26:40Z","other":null})"));
}

TEST(AppendToolCallTest, WritesToThePrivateFileOfTheDay) {
    const test_support::TempDir temp;
    const std::string folder = temp.file("logs/toolcalls");
    ASSERT_TRUE(append_toolcall(folder, whole_start()));
    ASSERT_TRUE(append_toolcall(folder, ToolCallEnd{"toolu_01", kTime, 0}));
    const std::string path = folder + "/toolcalls-2026-05-28.jsonl";
    EXPECT_EQ(test_support::read_file(path),
              encode_toolcall(whole_start()) + encode_toolcall(ToolCallEnd{"toolu_01", kTime, 0}));
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0737U, 0600U);  // its group may read
    ASSERT_EQ(::stat(folder.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
    EXPECT_TRUE(is_toolcall_journal_name("toolcalls-2026-05-28.jsonl"));
    EXPECT_FALSE(is_toolcall_journal_name("toolcalls-2026-05-28.jsonl.gz"));
    EXPECT_FALSE(is_toolcall_journal_name("boundary-2026-06-09_12-00-00-4242.log"));
}

TEST(AppendToolCallTest, FollowsNoLinkAndSaysWhatIsWrong) {
    const test_support::TempDir temp;
    std::filesystem::create_symlink(temp.file("target"), temp.file("toolcalls-2026-05-28.jsonl"));
    const auto linked = append_toolcall(temp.path(), whole_start());
    ASSERT_FALSE(linked);
    EXPECT_THAT(linked.error().message, HasSubstr("cannot open"));
    EXPECT_FALSE(std::filesystem::exists(temp.file("target")));
    EXPECT_FALSE(append_toolcall("/dev/null/toolcalls", whole_start()));
    std::filesystem::remove(temp.file("toolcalls-2026-05-28.jsonl"));
    std::filesystem::create_symlink("/dev/full", temp.file("toolcalls-2026-05-28.jsonl"));
    EXPECT_FALSE(append_toolcall(temp.path(), whole_start()));
}

}  // namespace
}  // namespace tailer
