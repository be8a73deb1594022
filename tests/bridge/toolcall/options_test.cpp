// SPDX-License-Identifier: MIT
#include "bridge/toolcall/options.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/settings/settings.h"

namespace bridge::toolcall {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ToolCallOptionsTest, TakesFlagsUpToTheCommand) {
    const auto call = read_options({"--boundary", "coder agent-firewall", "--tool=shell",
                                    "--fail-open", "--journal-dir", "/j", "--", "sh", "-c", "--"});
    ASSERT_TRUE(call);
    EXPECT_EQ(call->boundary, "coder agent-firewall");
    EXPECT_EQ(call->tool, "shell");
    EXPECT_EQ(call->journal_dir, "/j");
    EXPECT_TRUE(call->fail_open);
    EXPECT_THAT(call->command, ElementsAre("sh", "-c", "--"));
    const auto plain = read_options({"sh", "--tool", "x"});
    ASSERT_TRUE(plain);
    EXPECT_THAT(plain->command, ElementsAre("sh", "--tool", "x"));
    EXPECT_FALSE(plain->fail_open);
}

TEST(ToolCallOptionsTest, RefusesWhatMakesNoSense) {
    for (const auto& [arguments, why] :
         std::vector<std::pair<std::vector<std::string_view>, std::string>>{
             {{}, "usage: boundary-loki-toolcall"},
             {{"--"}, "usage: boundary-loki-toolcall"},
             {{"--no-such", "--", "sh"}, "unknown option --no-such"},
             {{"--fail-open=yes", "--", "sh"}, "unknown option --fail-open=yes"},
             {{"--tool"}, "--tool needs a value"}}) {
        const auto call = read_options(arguments);
        ASSERT_FALSE(call);
        EXPECT_THAT(call.error().message, HasSubstr(why));
    }
}

TEST(ToolCallOptionsTest, TheJournalIsWhereTheDaemonLooks) {
    for (const auto& [journal, logs] : std::vector<std::pair<std::string, std::string>>{
             {"", ""}, {"", "/a/logs"}, {"", "/z/logs/:/a"}, {"/journal", "/a/logs"}}) {
        ::setenv("BOUNDARY_LOKI_JOURNAL_DIR", journal.c_str(), 1);
        ::setenv("BOUNDARY_LOG_DIR", logs.c_str(), 1);
        const auto settings = resolve_settings({}, process_environment(), "",
                                               {.push = false, .default_state = false});
        ASSERT_TRUE(settings) << settings.error().message;
        EXPECT_EQ(journal_dir_by_environment(), settings->journal_dir) << logs;
    }
    ::unsetenv("BOUNDARY_LOKI_JOURNAL_DIR");
    ::unsetenv("BOUNDARY_LOG_DIR");
}

}  // namespace
}  // namespace bridge::toolcall
