// SPDX-License-Identifier: MIT
#include "tailer/lines/slog_text_parser.h"

#include <string>
#include <string_view>
#include <variant>

#include <gtest/gtest.h>

namespace tailer {
namespace {

constexpr std::string_view kHead = "time=2026-06-09T12:00:00.123Z ";
constexpr std::int64_t kHeadNs = 1'781'006'400'123'000'000;

std::string line(std::string_view rest) { return std::string(kHead) + std::string(rest); }

TEST(SlogTextParserTest, ReadsAnAllowWithItsRule) {
    SlogTextParser parser;
    const std::string text = line(
        R"(level=INFO msg=ALLOW method=GET url=https://h.example/ host=h.example rule="domain=h.example")");
    const auto parsed = parser.parse(text);
    const auto& decision = std::get<Decision>(parsed);
    EXPECT_EQ(decision.verdict, Verdict::Allow);
    EXPECT_EQ(decision.time_ns, kHeadNs);
    EXPECT_EQ(decision.method, "GET");
    EXPECT_EQ(decision.url, "https://h.example/");
    EXPECT_EQ(decision.host, "h.example");
    EXPECT_EQ(decision.rule, "domain=h.example");
    EXPECT_TRUE(decision.claims.empty());
}

TEST(SlogTextParserTest, ReadsADenyWithoutRule) {
    SlogTextParser parser;
    const std::string text =
        line("level=WARN msg=DENY method=GET url=https://h.example/ host=h.example");
    const auto parsed = parser.parse(text);
    const auto& decision = std::get<Decision>(parsed);
    EXPECT_EQ(decision.verdict, Verdict::Deny);
    EXPECT_EQ(decision.rule, "");
}

TEST(SlogTextParserTest, OnlyTheExactShapeIsADecision) {
    struct Row {
        std::string_view what;
        std::string_view rest;
    };
    constexpr Row kRows[] = {
        {"an ALLOW at the level of a DENY", "level=WARN msg=ALLOW method=GET url=u host=h"},
        {"a DENY at the level of an ALLOW", "level=INFO msg=DENY method=GET url=u host=h"},
        {"an ALLOW at a level of its own", "level=INFO+2 msg=ALLOW method=GET url=u host=h"},
        {"an ALLOW at ERROR", "level=ERROR msg=ALLOW method=GET url=u host=h"},
        {"a small allow", "level=INFO msg=allow method=GET url=u host=h"},
        {"no host", "level=WARN msg=DENY method=GET url=u"},
        {"no method", "level=WARN msg=DENY url=u host=h"},
        {"url before method", "level=WARN msg=DENY url=u method=GET host=h"},
        {"something between msg and method", "level=WARN msg=DENY x=1 method=GET url=u host=h"},
        {"something between url and host", "level=WARN msg=DENY method=GET url=u x=1 host=h"},
        {"a message that only holds the word", "level=WARN msg=\"DENY \" method=GET url=u host=h"},
        {"nothing behind the message", "level=INFO msg=ALLOW"},
        {"the word as another key's value", "level=INFO msg=x note=ALLOW method=GET url=u host=h"},
        {"a second msg", "level=INFO msg=x msg=ALLOW method=GET url=u host=h"},
    };
    SlogTextParser parser;
    for (const auto& row : kRows) {
        const std::string text = line(row.rest);
        EXPECT_TRUE(std::holds_alternative<Notice>(parser.parse(text))) << row.what;
    }
}

TEST(SlogTextParserTest, AHostHeaderNeverMakesADecisionOfItsOwn) {
    struct Row {
        std::string_view what;
        std::string_view quoted;
        std::string_view host;
    };
    constexpr Row kRows[] = {
        {"the words of an ALLOW", R"("x level=INFO msg=ALLOW")", "x level=INFO msg=ALLOW"},
        {"a whole line behind a newline",
         R"("x\ntime=2026-01-01T00:00:00.000Z level=INFO msg=ALLOW method=GET url=https://f.example/ host=f.example rule=\"domain=*\"\n")",
         "x\ntime=2026-01-01T00:00:00.000Z level=INFO msg=ALLOW method=GET "
         "url=https://f.example/ host=f.example rule=\"domain=*\"\n"},
        {"an attempt to end the quotes", R"("x\" rule=\"domain=*")", R"(x" rule="domain=*)"},
        {"a backslash before an attempt to end the quotes", R"("x\\\" rule=\"domain=*")",
         R"(x\" rule="domain=*)"},
        {"a rule behind a space", R"("x rule=domain")", "x rule=domain"},
    };
    SlogTextParser parser;
    for (const auto& row : kRows) {
        const std::string text =
            line("level=WARN msg=DENY method=GET url=https://h.example/ host=" +
                 std::string(row.quoted));
        const auto parsed = parser.parse(text);
        ASSERT_TRUE(std::holds_alternative<Decision>(parsed)) << row.what;
        const auto& decision = std::get<Decision>(parsed);
        EXPECT_EQ(decision.verdict, Verdict::Deny) << row.what;
        EXPECT_EQ(decision.host, row.host) << row.what;
        EXPECT_EQ(decision.url, "https://h.example/") << row.what;
        EXPECT_EQ(decision.rule, "") << row.what;
    }
}

TEST(SlogTextParserTest, UnquotesAsGoQuotes) {
    struct Row {
        std::string_view what;
        std::string_view value;
        std::string_view text;
    };
    constexpr Row kRows[] = {
        {"empty", R"("")", ""},
        {"nothing to unescape", R"("a b")", "a b"},
        {"quote and backslash", R"("\"\\")", R"("\)"},
        {"every named escape", R"("\a\b\f\n\r\t\v")", "\a\b\f\n\r\t\v"},
        {"a raw byte", R"("\xff\xfe")", "\xff\xfe"},
        {"NUL", R"("a\x00b")", std::string_view("a\0b", 3)},
        {"DEL", R"("\x7f")", "\x7f"},
        {"a zero-width space", R"("\u200b")", "\u200b"},
        {"two bytes of UTF-8", R"("\u00a0")", "\u00a0"},
        {"a code below 0x80", R"("\u0041")", "A"},
        {"beyond the first plane", R"("\U000e0001")", "\U000e0001"},
        {"the last code point", R"("\U0010ffff")", "\U0010ffff"},
        {"hex digits of either case", R"("\u00Aa\xFf")", "\u00aa\xff"},
        {"UTF-8 stays", "\"b\u00FCcher \u65e5\"", "b\u00FCcher \u65e5"},
        {"single quotes are just bytes", R"("it's")", "it's"},
        {"a bare value keeps its backslashes", R"(a\nb\\c)", R"(a\nb\\c)"},
        {"a bare value keeps DEL", "a\x7f", "a\x7f"},
        {"a bare value with letters beyond ASCII", "caf\u00e9", "caf\u00e9"},
        {"no value at all", "", ""},
    };
    SlogTextParser parser;
    for (const auto& row : kRows) {
        const std::string text = line("level=INFO msg=m v=" + std::string(row.value) + " w=1");
        const auto parsed = parser.parse(text);
        ASSERT_TRUE(std::holds_alternative<Notice>(parsed)) << row.what;
        const auto& fields = std::get<Notice>(parsed).fields;
        ASSERT_EQ(fields.size(), 2U) << row.what;
        EXPECT_EQ(fields[0].value, row.text) << row.what;
        EXPECT_EQ(fields[1].value, "1") << row.what;
    }
}

TEST(SlogTextParserTest, ManyEscapedValuesOfOneLineStandSideBySide) {
    std::string text = line("level=INFO msg=\"m\\n\"");
    for (int i = 0; i < 2000; ++i) {
        text += " k" + std::to_string(i) + R"(="\t)" + std::to_string(i) + R"(\x00\u65e5")";
    }
    SlogTextParser parser;
    const auto parsed = parser.parse(text);
    const auto& notice = std::get<Notice>(parsed);
    EXPECT_EQ(notice.message, "m\n");
    ASSERT_EQ(notice.fields.size(), 2000U);
    for (std::size_t i = 0; i < notice.fields.size(); ++i) {
        const std::string value = "\t" + std::to_string(i) + std::string(1, '\0') + "\u65e5";
        ASSERT_EQ(notice.fields[i].value, value);
    }
}

TEST(SlogTextParserTest, SaysWhyALineIsNoRecord) {
    struct Row {
        std::string_view what;
        std::string text;
        std::string_view reason;
    };
    const Row rows[] = {
        {"an empty line", "", "not_slog"},
        {"a plain sentence", "Error: bad config", "malformed"},
        {"pairs of something else", "a=1 b=2 c=3", "not_slog"},
        {"level first", "level=INFO time=2026-06-09T12:00:00Z msg=x", "not_slog"},
        {"no msg", line("level=INFO"), "not_slog"},
        {"another key than msg", line("level=INFO message=x"), "not_slog"},
        {"a time that is none", "time=today level=INFO msg=x", "bad_time"},
        {"a time before 1677", "time=1600-01-01T00:00:00Z level=INFO msg=x", "bad_time"},
        {"quotes left open", line(R"(level=INFO msg="x)"), "malformed"},
        {"quotes left open behind an escape", line(R"(level=INFO msg="x\n)"), "malformed"},
        {"a backslash at the very end", line(R"(level=INFO msg="x\)"), "malformed"},
        {"an escape that Go does not write", line(R"(level=INFO msg="\'")"), "malformed"},
        {"an octal escape", line(R"(level=INFO msg="\012")"), "malformed"},
        {"\\x cut short", line(R"(level=INFO msg="\x4)"), "malformed"},
        {"\\x of no hex", line(R"(level=INFO msg="\xg0")"), "malformed"},
        {"\\u cut short", line(R"(level=INFO msg="\u12")"), "malformed"},
        {"\\U beyond Unicode", line(R"(level=INFO msg="\U00110000")"), "malformed"},
        {"text behind the closing quote", line(R"(level=INFO msg="x"y)"), "malformed"},
        {"a quote within a bare value", line(R"(level=INFO msg=x"y)"), "malformed"},
        {"an equals sign within a bare value", line("level=INFO msg=a=b"), "malformed"},
        {"a key without value", line("level=INFO msg"), "malformed"},
        {"an empty key", line("level=INFO msg=x =y"), "malformed"},
        {"two spaces", line("level=INFO  msg=x"), "malformed"},
        {"a space at the end", line("level=INFO msg=x "), "malformed"},
        {"a space at the start", " " + line("level=INFO msg=x"), "malformed"},
        {"words between two pairs", line("level=INFO msg=x some words y=z"), "malformed"},
        {"NUL bytes", std::string(16, '\0'), "malformed"},
    };
    SlogTextParser parser;
    for (const auto& row : rows) {
        const auto parsed = parser.parse(row.text);
        ASSERT_TRUE(std::holds_alternative<Unparsed>(parsed)) << row.what;
        EXPECT_EQ(std::get<Unparsed>(parsed).reason, row.reason) << row.what;
    }
}

TEST(SlogTextParserTest, NoCutOfADecisionIsAnotherDecision) {
    const std::string whole = line(
        R"(level=WARN msg=DENY method=GET url="https://h.example/?q=\"a\"" host="x level=INFO msg=ALLOW")");
    SlogTextParser parser;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const std::string cut = whole.substr(0, length);
        const auto parsed = parser.parse(cut);
        if (const auto* decision = std::get_if<Decision>(&parsed)) {
            EXPECT_TRUE(cut.ends_with("host=")) << cut;
            EXPECT_EQ(decision->verdict, Verdict::Deny) << cut;
            EXPECT_EQ(decision->url, R"(https://h.example/?q="a")") << cut;
        }
    }
}

/// The usual line has a way of its own; one key more, and it is read pair by pair.
TEST(SlogTextParserTest, ReadsTheUsualLineAsItReadsAnyOther) {
    constexpr std::string_view kLines[] = {
        "time=2026-06-09T12:00:00.100Z level=WARN msg=DENY method=GET url=https://h.example/a "
        "host=h.example",
        "time=2026-06-09T12:00:00.100Z level=INFO msg=ALLOW method=GET url=https://h.example/a "
        "host=h.example rule=\"domain=h.example\"",
        "time=2026-06-09T14:00:00.100+02:00 level=INFO msg=ALLOW method=\"a b\" "
        "url=\"https://h.example/?a=\\\"1\\\"\" host=\"h\\u00fc.example\" rule=\"\\xff\"",
        "time=2026-06-09T12:00:00.100Z level=WARN msg=DENY method= url= host=",
    };
    for (const std::string_view line : kLines) {
        SlogTextParser parser;
        const auto usual = std::get<Decision>(parser.parse(line));
        const std::string longer = std::string(line) + " more=1";
        SlogTextParser other;
        const auto any = std::get<Decision>(other.parse(longer));
        EXPECT_EQ(usual.time_ns, any.time_ns) << line;
        EXPECT_EQ(usual.verdict, any.verdict) << line;
        EXPECT_EQ(usual.method, any.method) << line;
        EXPECT_EQ(usual.url, any.url) << line;
        EXPECT_EQ(usual.host, any.host) << line;
        EXPECT_EQ(usual.rule, any.rule) << line;
        EXPECT_EQ(usual.suspect, any.suspect) << line;
    }
}

}  // namespace
}  // namespace tailer
