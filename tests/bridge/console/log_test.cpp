// SPDX-License-Identifier: MIT
#include "bridge/console/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

namespace bridge {
namespace {

using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

std::string logged(LogFormat format, const std::string& value) {
    CaptureStderr();
    Log(LogLevel::Debug, format).warn("something happened", {{"key", value}});
    return GetCapturedStderr();
}

TEST(LogTest, WritesOneRecordALineInLogfmt) {
    EXPECT_THAT(logged(LogFormat::Text, "plain"),
                testing::ContainsRegex("^ts=20[0-9-]+T[0-9:.]+Z level=warn "
                                       "msg=\"something happened\" key=plain\n$"));
}

struct QuotingCase {
    const char* says;
    std::string value;
    const char* text;
};

TEST(LogTest, QuotesInLogfmtWhatWouldBeMisread) {
    const QuotingCase cases[] = {
        {"an empty value", "", R"(key="")"},
        {"a space", "a b", R"(key="a b")"},
        {"an equals sign", "a=b", R"(key="a=b")"},
        {"a quote", "a\"b", R"(key="a\"b")"},
        {"a backslash", "a\\b", R"(key="a\\b")"},
        {"a newline, which could forge a record", "a\nlevel=error", R"(key="a\nlevel=error")"},
        {"a carriage return", "a\rb", R"(key="a\rb")"},
        {"an escape, which could command a terminal", "a\x1B[2J", R"(key="a\u001b[2J")"},
        {"a NUL", std::string("a\0b", 3), R"(key="a\u0000b")"},
        {"UTF-8", "caf\xC3\xA9", "key=caf\xC3\xA9"},
        {"invalid UTF-8", "a\xFF", "key=a\xEF\xBF\xBD"},
        {"a brace, which is no format", "{} {0}", R"(key="{} {0}")"},
    };
    for (const auto& test : cases) {
        const std::string line = logged(LogFormat::Text, test.value);
        EXPECT_THAT(line, HasSubstr(std::string(test.text) + "\n")) << test.says;
        EXPECT_EQ(std::ranges::count(line, '\n'), 1) << test.says;
    }
}

TEST(LogTest, WritesValidJsonForAnyValue) {
    for (const std::string& value :
         {std::string("plain"), std::string(""), std::string("a \"b\" \\ \n \x01 {}"),
          std::string("caf\xC3\xA9")}) {
        const std::string line = logged(LogFormat::Json, value);
        ASSERT_EQ(std::ranges::count(line, '\n'), 1);
        simdjson::dom::parser parser;
        const simdjson::dom::element record = parser.parse(line);
        EXPECT_EQ(std::string_view(record["level"]), "warn");
        EXPECT_EQ(std::string_view(record["msg"]), "something happened");
        EXPECT_EQ(std::string_view(record["key"]), value);
        EXPECT_TRUE(std::string_view(record["ts"]).ends_with("Z"));
    }
}

TEST(LogTest, WritesNothingBelowItsLevel) {
    const LogLevel levels[] = {LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error};
    for (std::size_t i = 0; i < std::size(levels); ++i) {
        CaptureStderr();
        const Log log(levels[i], LogFormat::Text);
        log.debug("d");
        log.info("i");
        log.warn("w");
        log.error("e");
        const std::string text = GetCapturedStderr();
        EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<std::ptrdiff_t>(4 - i));
        EXPECT_THAT(text, HasSubstr("level=error msg=e"));
    }
}

}  // namespace
}  // namespace bridge
