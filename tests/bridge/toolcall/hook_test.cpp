// SPDX-License-Identifier: MIT
#include "bridge/toolcall/hook.h"

#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "bridge/toolcall/boundary_ancestors.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using tailer::ToolCallEnd;
using tailer::ToolCallStart;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::int64_t kNow = 1'780'000'000'000'000'000;

/// The fields that every event has, and those of subagents and later versions.
std::string event(const std::string& kind, const std::string& more) {
    return R"({"session_id":"s-1","transcript_path":"/t","cwd":"/w","permission_mode":"default",)"
           R"("agent_id":"a","agent_type":"b","prompt_id":"p","effort":{"level":"high"},)"
           R"("hook_event_name":")" +
           kind + "\"" + more + "}";
}

const std::string kBash = R"(,"tool_name":"Bash","tool_use_id":"toolu_1",)"
                          R"("tool_input":{"command":"curl -H 'X-Key: SECRET' h.example",)"
                          R"("description":"d","timeout":5,"run_in_background":false})";

TEST(ToolCallHookTest, TakesTheStartFromPreToolUse) {
    const auto record = toolcall_of_hook(event("PreToolUse", kBash), kNow);
    ASSERT_TRUE(record);
    ToolCallStart start;
    start.id = "toolu_1";
    start.tool = "Bash";
    start.session_id = "s-1";
    start.agent_id = "a";
    start.time_ns = kNow;
    EXPECT_EQ(std::get<ToolCallStart>(*record), start);
    EXPECT_THAT(encode_toolcall(*record), Not(HasSubstr("SECRET")));
}

TEST(ToolCallHookTest, TakesTheEndFromSuccessAndFailure) {
    const auto success = toolcall_of_hook(
        event("PostToolUse", kBash + R"(,"tool_response":{"stdout":"x"},"duration_ms":12)"), kNow);
    ASSERT_TRUE(success);
    EXPECT_EQ(std::get<ToolCallEnd>(*success).id, "toolu_1");
    EXPECT_EQ(std::get<ToolCallEnd>(*success).status, 0);
    const auto failure = toolcall_of_hook(
        event("PostToolUseFailure", kBash + R"(,"error":"boom","is_interrupt":true)"), kNow);
    ASSERT_TRUE(failure);
    EXPECT_EQ(std::get<ToolCallEnd>(*failure).id, "toolu_1");
    EXPECT_EQ(std::get<ToolCallEnd>(*failure).status, 1);
}

TEST(ToolCallHookTest, TakesThatNoneIsOpenAnyMore) {
    for (const std::string kind : {"Stop", "StopFailure", "SubagentStop", "UserPromptSubmit"}) {
        const auto record = toolcall_of_hook(event(kind, ""), kNow);
        ASSERT_TRUE(record) << kind;
        const auto& stop = std::get<tailer::ToolCallStop>(*record);
        EXPECT_EQ(stop.session_id, "s-1");
        EXPECT_EQ(stop.agent_id, "a");
        EXPECT_EQ(stop.time_ns, kNow);
        EXPECT_FALSE(stop.whole_session);
    }
    for (const std::string kind : {"SessionStart", "SessionEnd"}) {
        const auto record = toolcall_of_hook(event(kind, ""), kNow);
        ASSERT_TRUE(record) << kind;
        EXPECT_TRUE(std::get<tailer::ToolCallStop>(*record).whole_session);
    }
    const auto denied = toolcall_of_hook(event("PermissionDenied", kBash), kNow);
    ASSERT_TRUE(denied);
    EXPECT_EQ(std::get<ToolCallEnd>(*denied).status, 1);
}

TEST(ToolCallHookTest, PassesOverEverythingElse) {
    for (const std::string& text :
         {std::string(), std::string("garbage"), std::string("[]"), std::string("{}"),
          std::string(R"({"hook_event_name":"Stop"})"), event("PreToolUse", ""),
          event("Notification", kBash),
          event("PreToolUse", R"(,"tool_use_id":5,"tool_name":"Bash")"),
          event("PreToolUse", kBash).substr(0, 100), std::string(100'000, '[')}) {
        EXPECT_FALSE(toolcall_of_hook(text, kNow)) << text.substr(0, 100);
    }
}

class JournalHookTest : public testing::Test {
protected:
    void hook(const std::string& text) {
        const std::string path = folder_.append("stdin", text);
        const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        journal_hook(fd.get(), journal());
        fs::remove(path);
    }
    [[nodiscard]] std::string journal() const { return folder_.file("toolcalls"); }
    [[nodiscard]] std::string written() const {
        std::string text;
        std::error_code ignored;
        for (const auto& file : fs::directory_iterator(journal(), ignored)) {
            text += test_support::read_file(file.path().string());
        }
        return text;
    }

    test_support::TempDir folder_;
};

TEST_F(JournalHookTest, WritesWhatItReads) {
    hook(event("PreToolUse", kBash));
    hook(event("PostToolUse", kBash));
    EXPECT_THAT(written(), HasSubstr(R"("event":"start","id":"toolu_1","tool":"Bash")"));
    EXPECT_THAT(written(), HasSubstr(R"("event":"end","id":"toolu_1")"));
    EXPECT_THAT(written(), Not(HasSubstr("SECRET")));
}

TEST_F(JournalHookTest, ReadsAnInputOfMegabytesAndGivesUpOnMore) {
    const std::string megabytes(8U << 20U, 'x');
    hook(event("PreToolUse", kBash + R"(,"more":")" + megabytes + "\""));
    EXPECT_THAT(written(), HasSubstr("toolu_1"));
    hook(event("PreToolUse", R"(,"tool_use_id":"huge","more":")" + megabytes + megabytes + "\""));
    EXPECT_THAT(written(), Not(HasSubstr("huge")));
}

TEST_F(JournalHookTest, GivesUpOnAnInputThatNeverEnds) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const base::UniqueFd read_end(ends[0]);
    const base::UniqueFd write_end(ends[1]);
    const std::string text = event("PreToolUse", kBash);
    ASSERT_EQ(::write(write_end.get(), text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
    constexpr std::chrono::milliseconds kPatience{50};
    journal_hook(read_end.get(), journal(), kPatience);
    journal_hook(-1, journal(), kPatience);
    EXPECT_EQ(written(), "");
}

TEST_F(JournalHookTest, SurvivesAFolderThatCannotBeHad) {
    std::ofstream(journal()) << "in the way";
    hook(event("PreToolUse", kBash));
    EXPECT_EQ(test_support::read_file(journal()), "in the way");
}

TEST_F(JournalHookTest, TheCommandNeverFailsAndPrintsNothing) {
    for (const std::string script :
         {"echo garbage | \"$0\" toolcall hook", "\"$0\" toolcall hook <&-",
          "\"$0\" toolcall hook --no-such-flag </dev/null",
          "\"$0\" toolcall hook --journal-dir /dev/null/x </dev/null",
          "BOUNDARY_LOG_DIR=/etc/passwd \"$0\" toolcall hook </dev/null",
          "\"$0\" toolcall hook extra words </dev/null"}) {
        const auto result =
            test_support::run_command({"/bin/sh", "-c", script, BOUNDARY_LOKI_BINARY});
        EXPECT_EQ(result.status, 0) << script;
        EXPECT_EQ(result.output + result.errors, "") << script;
    }
}

/// A /proc of the test's own.
class BoundaryAncestorsTest : public testing::Test {
protected:
    void process(std::int64_t pid, std::int64_t parent, const std::string& name,
                 const std::string& arguments = "") {
        const std::string folder = std::to_string(pid);
        fs::create_directory(proc_.file(folder));
        proc_.append(folder + "/stat", std::to_string(pid) + " (" + name + ") S " +
                                           std::to_string(parent) + " 1 1 0 -1 4194304\n");
        proc_.append(folder + "/cmdline", arguments);
    }
    [[nodiscard]] BoundaryAncestors look(std::int64_t pid) const {
        return boundary_ancestors(pid, proc_.path());
    }

    test_support::TempDir proc_;
};

TEST_F(BoundaryAncestorsTest, FindsBothProcessesOfBoundaryAndWhatTheyConfine) {
    process(10, 1, "agentapi");
    process(20, 10, "boundary");
    process(30, 20, "boundary");
    process(40, 30, "claude");
    process(50, 40, "sh");
    process(60, 50, "boundary-loki");
    const auto found = look(60);
    EXPECT_THAT(found.pids, ElementsAre(30, 20));
    EXPECT_EQ(found.confined_process, "claude");
}

TEST_F(BoundaryAncestorsTest, TakesTheInnerSideOfAToolCallForNothingConfined) {
    process(20, 1, "boundary");
    process(30, 20, "boundary");
    process(40, 30, "boundary-loki-t");
    process(50, 40, "claude");
    process(60, 50, "boundary-loki");
    EXPECT_EQ(look(60).confined_process, "claude");
}

TEST_F(BoundaryAncestorsTest, KnowsItAsASubcommandOfCoder) {
    using namespace std::string_literals;
    process(20, 1, "coder-no-caps", "/x/coder-no-caps\0boundary\0--\0claude\0"s);
    process(30, 20, "claude");
    process(25, 1, "coder", "coder\0agent\0"s);
    process(35, 25, "sh");
    process(40, 30, "hook");
    EXPECT_THAT(look(40).pids, ElementsAre(20));
    EXPECT_EQ(look(40).confined_process, "claude");
    EXPECT_THAT(look(35).pids, IsEmpty());
}

TEST_F(BoundaryAncestorsTest, IsNotLedAstray) {
    process(20, 1, "a) S 1 (boundary");
    process(30, 20, "claude");
    process(40, 41, "loop");
    process(41, 40, "loop");
    proc_.append("stat", "x");
    fs::create_directory(proc_.file("50"));
    proc_.append("50/stat", "50 (torn");
    EXPECT_THAT(look(30).pids, IsEmpty());
    EXPECT_THAT(look(40).pids, IsEmpty());
    EXPECT_THAT(look(50).pids, IsEmpty());
    EXPECT_THAT(look(99).pids, IsEmpty());
}

}  // namespace
}  // namespace bridge
