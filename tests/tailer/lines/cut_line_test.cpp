// SPDX-License-Identifier: MIT
#include "tailer/lines/cut_line.h"

#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "tailer/lines/line_parser.h"

namespace tailer {
namespace {

constexpr std::int64_t kCutNoonNs = 1'781'006'400'000'000'000;  // 2026-06-09T12:00:00Z
const std::string kCutStamp = "time=2026-06-09T12:00:00Z";

const Decision* decision_of_head(const ParsedLine& parsed) {
    return std::get_if<Decision>(&parsed);
}

/// All that a head of `line` of any length can be: parsing it must neither fail nor make up more
/// than what stands there.
void expect_heads_of(const std::string& line, std::size_t from, std::string_view whole_url) {
    LineParser parser;
    for (std::size_t size = from; size < line.size(); ++size) {
        const auto parsed = parser.parse_head(std::string_view(line).substr(0, size));
        const auto* decision = decision_of_head(parsed);
        if (decision == nullptr) {
            continue;  // the cut went through what stands before the URL
        }
        EXPECT_EQ(decision->time_ns, kCutNoonNs) << size;
        EXPECT_TRUE(whole_url.starts_with(decision->url)) << size << ": " << decision->url;
        EXPECT_EQ(decision->url_truncated,
                  decision->url.size() < whole_url.size() || size < line.find(" host=") + 1)
            << size << ": " << decision->url;
        EXPECT_EQ(decision->suspect, "") << size;
    }
}

TEST(CutLineTest, AUrlThatIsCutKeepsItsWholePieces) {
    LineParser parser;
    for (const std::string quote : {"", "\""}) {
        std::string head = kCutStamp;
        head.append(" level=WARN msg=DENY method=GET url=").append(quote);
        head.append("https://evil.example/a/b?").append(quote.empty() ? "" : "c=d&e=");
        const auto parsed = parser.parse_head(head + "secr");
        const auto* decision = decision_of_head(parsed);
        ASSERT_NE(decision, nullptr) << head;
        EXPECT_EQ(decision->time_ns, kCutNoonNs);
        EXPECT_EQ(decision->verdict, Verdict::Deny);
        EXPECT_EQ(decision->method, "GET");
        EXPECT_TRUE(decision->url_truncated);
        EXPECT_EQ(decision->suspect, "");
        EXPECT_EQ(decision->url.find("secr"), std::string_view::npos) << decision->url;
        EXPECT_TRUE(decision->url.starts_with("https://evil.example/a/b?")) << decision->url;
    }
}

TEST(CutLineTest, AnyHeadOfADecisionIsThatDecision) {
    const std::string url = "https://h.example/one/two";
    const std::string deny =
        kCutStamp + " level=WARN msg=DENY method=GET url=" + url + " host=h.example";
    const std::string allow = kCutStamp + " level=INFO msg=ALLOW method=GET url=\"" + url +
                              "\" host=h.example rule=\"domain=h.example path=\\\"/a\\\"\"";
    expect_heads_of(deny, deny.find("url=") + 20, url);
    expect_heads_of(allow, allow.find("url=") + 20, url);
}

TEST(CutLineTest, AnEscapeThatTheCutWentThroughIsLeftOut) {
    LineParser parser;
    const std::string head = kCutStamp +
                             R"( level=WARN msg=DENY method=GET url="http://h.example/)" +
                             std::string(100, '/');
    for (const std::string torn : {R"(\)", R"(\\)", R"(\\\)", R"(\x)", R"(\x0)", R"(\u00)",
                                   R"(\U0001F60)", R"(\")", "\xC3", "\xE2\x82", R"(\\\\\")"}) {
        const auto parsed = parser.parse_head(head + torn);
        const auto* decision = decision_of_head(parsed);
        ASSERT_NE(decision, nullptr) << torn;
        EXPECT_TRUE(decision->url.starts_with("http://h.example//")) << torn;
    }
}

TEST(CutLineTest, TheFormsInJsonAreCompletedToo) {
    LineParser parser;
    const std::string slog =
        R"({"time":"2026-06-09T12:00:00Z","level":"INFO","msg":"ALLOW","method":"GET","url":"http://h.example/)" +
        std::string(40, '/');
    const std::string coderd =
        R"({"ts":"2026-06-09T12:00:00Z","level":"INFO","msg":"boundary_request","fields":{"decision":"allow",)"
        R"("http_method":"GET","http_url":"http://h.example/)" +
        std::string(40, '/');
    for (const std::string& head : {slog, coderd}) {
        for (const std::string torn :
             {"", R"(\)", R"(\u00)", R"(\ud83d)", R"(\ud83d\ude)", R"(\\)", "\xC3"}) {
            const auto parsed = parser.parse_head(head + torn);
            const auto* decision = decision_of_head(parsed);
            ASSERT_NE(decision, nullptr) << head << torn;
            EXPECT_EQ(decision->time_ns, kCutNoonNs);
            EXPECT_EQ(decision->verdict, Verdict::Allow);
            EXPECT_TRUE(decision->url_truncated);
            EXPECT_TRUE(decision->url.starts_with("http://h.example//"));
            EXPECT_EQ(decision->suspect, "");
        }
    }
}

TEST(CutLineTest, WhatIsNoDecisionIsNone) {
    LineParser parser;
    for (const std::string& head :
         {std::string(), std::string("x"), std::string("{"), std::string("{\"time\":\"x"),
          std::string(1000, '{'), std::string(1000, '"'), kCutStamp,
          kCutStamp + " level=INFO msg=hello", kCutStamp + " level=WARN msg=DENY",
          kCutStamp + " level=INFO msg=\"ALLOW method=GET url=x"}) {
        const auto parsed = parser.parse_head(head);
        const auto* unparsed = std::get_if<Unparsed>(&parsed);
        ASSERT_NE(unparsed, nullptr) << head;
        EXPECT_EQ(unparsed->reason, "too_long");
    }
}

TEST(CutLineTest, NothingOfAUserinfoIsShownThatMayGoOn) {
    EXPECT_EQ(without_torn_end("https://user:secret"), "https://");
    EXPECT_EQ(without_torn_end("https://h.example/a/secr"), "https://h.example/a/");
    EXPECT_EQ(without_torn_end("https://h.example/?token=secr"), "https://h.example/?token=");
    EXPECT_EQ(without_torn_end("/path/secr"), "/path/");
    EXPECT_EQ(without_torn_end("path"), "");
    EXPECT_EQ(without_torn_end(""), "");
    const std::string long_piece = "https://h.example/" + std::string(20'000, 'a');
    EXPECT_EQ(without_torn_end(long_piece), long_piece) << "longer than any secret";
}

}  // namespace
}  // namespace tailer
