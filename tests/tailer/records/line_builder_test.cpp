// SPDX-License-Identifier: MIT
#include "tailer/records/line_builder.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/tailer/collected.h"

namespace tailer {
namespace {

static_assert(FieldName("tool_call_id").json() == ",\"tool_call_id\":");
static_assert(FieldName("tool_call_id").name() == "tool_call_id");

TEST(LineBuilderTest, BuildsCoderdsJsonShape) {
    LineBuilder builder(LineFormat::Json);
    builder.begin(test_support::kNoon + 5, "WARN", "boundary_request");
    builder.field("decision", "deny");
    builder.field("owner", "");
    builder.field("http_url", "https://h.example/?a=1&b=<2>");
    EXPECT_EQ(builder.finish(),
              R"({"ts":"2026-06-09T12:00:00.000000005Z","level":"WARN","msg":"boundary_request",)"
              R"("logger_names":["boundary-loki"],"fields":{"decision":"deny",)"
              R"("http_url":"https://h.example/?a=1&b=<2>"}})");
}

TEST(LineBuilderTest, ALineWithoutFieldsIsWhole) {
    LineBuilder builder(LineFormat::Json);
    builder.begin(test_support::kNoon, "INFO", "boundary: x");
    EXPECT_EQ(builder.finish(),
              R"({"ts":"2026-06-09T12:00:00Z","level":"INFO","msg":"boundary: x",)"
              R"("logger_names":["boundary-loki"],"fields":{}})");
}

TEST(LineBuilderTest, EscapesWhateverGoesIn) {
    LineBuilder builder(LineFormat::Json);
    builder.begin(test_support::kNoon, "INFO\"", "boundary: \n\xff\"}}");
    builder.field("a\"b", "c\\d\n\x01");
    EXPECT_EQ(builder.finish(),
              "{\"ts\":\"2026-06-09T12:00:00Z\",\"level\":\"INFO\\\"\",\"msg\":\"boundary: "
              "\\n\uFFFD\\\"}}\",\"logger_names\":[\"boundary-loki\"],\"fields\":{\"a\\\"b\":"
              "\"c\\\\d\\n\\u0001\"}}");
}

TEST(LineBuilderTest, BuildsLogfmtWithTheMessageFirst) {
    LineBuilder builder(LineFormat::Logfmt);
    builder.begin(test_support::kNoon, "WARN", "boundary_request");
    builder.field("decision", "deny");
    builder.field("owner", "");
    builder.field("http_method", "GET");
    EXPECT_EQ(builder.finish(), "boundary_request decision=deny http_method=GET");

    builder.begin(test_support::kNoon, "ERROR", "boundary: Failed to read");
    builder.field("error", "EOF");
    EXPECT_EQ(builder.finish(), R"(level=ERROR msg="boundary: Failed to read" error=EOF)");
}

TEST(LineBuilderTest, QuotesInLogfmtOnlyWhereItMust) {
    struct Row {
        std::string_view what;
        std::string_view value;
        std::string_view text;
    };
    constexpr Row kRows[] = {
        {"plain", "main", "main"},
        {"a space", "a b", R"("a b")"},
        {"an equals sign", "domain=h", R"("domain=h")"},
        {"a quote", "a\"b", R"("a\"b")"},
        {"a backslash", "a\\b", R"("a\\b")"},
        {"a newline", "a\nb", R"("a\nb")"},
        {"letters beyond ASCII", "b\u00fccher", "b\u00fccher"},
        {"invalid UTF-8", "a\xff", "a\uFFFD"},
        {"an attempt to add a pair", "x decision=allow", R"("x decision=allow")"},
    };
    LineBuilder builder(LineFormat::Logfmt);
    for (const auto& row : kRows) {
        builder.begin(test_support::kNoon, "INFO", "boundary_request");
        builder.field("k", row.value);
        EXPECT_EQ(builder.finish(), "boundary_request k=" + std::string(row.text)) << row.what;
    }
}

TEST(LineBuilderTest, LeavesTheUrlBareInLogfmtForTheDashboardsPatterns) {
    LineBuilder builder(LineFormat::Logfmt);
    builder.begin(test_support::kNoon, "INFO", "boundary_request");
    builder.field("http_url", "https://h.example/?a=1&b=2");
    EXPECT_EQ(builder.finish(), "boundary_request http_url=https://h.example/?a=1&b=2");
}

TEST(LineBuilderTest, AKeyOfLogfmtCannotEndItself) {
    LineBuilder builder(LineFormat::Logfmt);
    builder.begin(test_support::kNoon, "INFO", "boundary: x");
    builder.field("a b=c\"\n\x7f\u00e9", "1");
    builder.field("", "2");
    EXPECT_EQ(builder.finish(), "level=INFO msg=\"boundary: x\" a_b_c_____=1 _=2");
}

TEST(LineBuilderTest, BeginsWithTheHeadOfAnotherLine) {
    for (const auto format : {LineFormat::Json, LineFormat::Logfmt}) {
        LineBuilder builder(format);
        const auto begin = [&builder](std::int64_t timestamp_ns) {
            builder.begin(timestamp_ns, "INFO", "boundary_request");
            builder.our_field("decision", "allow");
            builder.our_field("owner", "joe");
        };
        begin(test_support::kNoon - 86'400'000'000'000);
        const std::string head = builder.head();

        begin(test_support::kNoon + 5);
        builder.field("z", "1");
        const std::string field_by_field(builder.finish());
        builder.begin(test_support::kNoon + 5, head);
        builder.field("z", "1");
        EXPECT_EQ(builder.finish(), field_by_field);
    }
}

TEST(LineBuilderTest, APlainFieldReadsLikeAnyOther) {
    for (const auto format : {LineFormat::Json, LineFormat::Logfmt}) {
        for (const std::string_view value : {"", "h.example", "a=b", "b\u00fccher.example"}) {
            LineBuilder builder(format);
            builder.begin(test_support::kNoon, "INFO", "boundary_request");
            builder.our_field("domain", value);
            const std::string as_any(builder.finish());
            builder.begin(test_support::kNoon, "INFO", "boundary_request");
            builder.plain_field("domain", value);
            EXPECT_EQ(builder.finish(), as_any);
        }
    }
}

}  // namespace
}  // namespace tailer
