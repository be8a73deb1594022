// SPDX-License-Identifier: MIT
#include "tailer/lines/slog_json_parser.h"

#include <string>
#include <string_view>
#include <variant>

#include <gtest/gtest.h>

#include "tests/tailer/collected.h"
#include "tests/tailer/lines/padded.h"

namespace tailer {
namespace {

using test_support::Padded;

TEST(SlogJsonParserTest, ReadsTheDecisionsOfSlogsJsonHandler) {
    SlogJsonParser parser;
    const Padded allow(
        R"({"time":"2026-06-09T12:00:00.000000007Z","level":"INFO","msg":"ALLOW","method":"GET",)"
        R"("url":"https://h.example/?a=1\u0026b=\"2\"","host":"h.example","rule":"domain=h.example"})");
    auto parsed = parser.parse(allow);
    const auto& decision = std::get<Decision>(parsed);
    EXPECT_EQ(decision.verdict, Verdict::Allow);
    EXPECT_EQ(decision.time_ns, test_support::kNoon + 7);
    EXPECT_EQ(decision.method, "GET");
    EXPECT_EQ(decision.url, R"(https://h.example/?a=1&b="2")");
    EXPECT_EQ(decision.host, "h.example");
    EXPECT_EQ(decision.rule, "domain=h.example");

    const Padded deny(
        R"({"time":"2026-06-09T13:00:00+01:00","level":"WARN","msg":"DENY","method":"GET",)"
        R"("url":"https://h.example/","host":"h.example"})");
    parsed = parser.parse(deny);
    EXPECT_EQ(std::get<Decision>(parsed).verdict, Verdict::Deny);
    EXPECT_EQ(std::get<Decision>(parsed).time_ns, test_support::kNoon);
    EXPECT_EQ(std::get<Decision>(parsed).rule, "");
}

TEST(SlogJsonParserTest, ReadsCoderdsLineWithItsClaims) {
    SlogJsonParser parser;
    const Padded line(
        R"({"ts":"2026-06-09T12:00:01.234567Z","level":"INFO","msg":"boundary_request",)"
        R"("caller":".../coderd/agentapi/boundary_logs.go:94","func":"f","logger_names":["coderd","agentrpc"],)"
        R"("trace":"4bf92f3577b34da6a3ce929d0e0e4736","span":"00f067aa0ba902b7","fields":{"owner":"joe",)"
        R"("workspace_name":"w","agent_name":"main","decision":"allow","workspace_id":"5c1d",)"
        R"("template_id":"9d2e","template_version_id":"1a7b","http_method":"GET",)"
        R"("http_url":"https://example.com/?a=1\u0026b=2","event_time":"2026-06-09T12:00:00.000000005Z",)"
        R"("matched_rule":"domain=*","request_id":"0b6c"}})");
    const auto parsed = parser.parse(line);
    const auto& decision = std::get<Decision>(parsed);
    EXPECT_EQ(decision.verdict, Verdict::Allow);
    EXPECT_EQ(decision.time_ns, test_support::kNoon + 5)
        << "the event's own time, not the log call's";
    EXPECT_EQ(decision.method, "GET");
    EXPECT_EQ(decision.url, "https://example.com/?a=1&b=2");
    EXPECT_EQ(decision.host, "");
    EXPECT_EQ(decision.rule, "domain=*");
    std::string claims;
    for (const auto& claim : decision.claims) {
        claims.append(claim.name).append("=").append(claim.value).append(" ");
    }
    EXPECT_EQ(claims,
              "owner=joe workspace_name=w agent_name=main workspace_id=5c1d template_id=9d2e "
              "template_version_id=1a7b ");
}

TEST(SlogJsonParserTest, ACoderdDenyNeedsNoRuleAndNoClaims) {
    SlogJsonParser parser;
    const Padded line(
        R"({"msg":"boundary_request","fields":{"decision":"deny","http_method":"GET",)"
        R"("http_url":"https://h.example/","event_time":"2026-06-09T12:00:00Z"}})");
    const auto parsed = parser.parse(line);
    EXPECT_EQ(std::get<Decision>(parsed).verdict, Verdict::Deny);
    EXPECT_TRUE(std::get<Decision>(parsed).claims.empty());
}

TEST(SlogJsonParserTest, ANoticeKeepsItsOtherKeysInTheirOrder) {
    SlogJsonParser parser;
    const Padded line(
        R"({"time":"2026-06-09T12:00:00Z","level":"ERROR","msg":"x \u00e9 \ud83d\ude00","error":"line1\nline2",)"
        R"("port":8087,"ok":true,"none":null,"command":["claude","--resume"],"nested":{"a":[1, 2]},"pi":3.5 })");
    const auto parsed = parser.parse(line);
    const auto& notice = std::get<Notice>(parsed);
    EXPECT_EQ(notice.level, "ERROR");
    EXPECT_EQ(notice.message, "x \u00e9 \U0001F600");
    std::string fields;
    for (const auto& field : notice.fields) {
        fields.append(field.name).append("=").append(field.value).append(";");
    }
    EXPECT_EQ(fields,
              "error=line1\nline2;port=8087;ok=true;none=null;command=[\"claude\",\"--resume\"];"
              "nested={\"a\":[1, 2]};pi=3.5;");
}

TEST(SlogJsonParserTest, OnlyTheExactShapeIsADecision) {
    struct Row {
        std::string_view what;
        std::string_view members;
    };
    constexpr Row kRows[] = {
        {"an ALLOW at the level of a DENY",
         R"("level":"WARN","msg":"ALLOW","method":"GET","url":"u","host":"h")"},
        {"a DENY at the level of an ALLOW",
         R"("level":"INFO","msg":"DENY","method":"GET","url":"u","host":"h")"},
        {"no host", R"("level":"WARN","msg":"DENY","method":"GET","url":"u")"},
        {"a small deny", R"("level":"WARN","msg":"deny","method":"GET","url":"u","host":"h")"},
        {"a decision inside a value",
         R"("level":"INFO","msg":"x","error":"{\"msg\":\"boundary_request\",\"fields\":{\"decision\":\"allow\"}}")"},
        {"a decision inside an object of another name",
         R"("level":"INFO","msg":"x","group":{"decision":"allow","http_method":"GET","http_url":"u"})"},
    };
    SlogJsonParser parser;
    for (const auto& row : kRows) {
        const Padded line("{\"time\":\"2026-06-09T12:00:00Z\"," + std::string(row.members) + "}");
        EXPECT_TRUE(std::holds_alternative<Notice>(parser.parse(line))) << row.what;
    }
}

TEST(SlogJsonParserTest, SaysWhyALineIsNoRecord) {
    struct Row {
        std::string_view what;
        std::string text;
        std::string_view reason;
    };
    const std::string head = R"({"time":"2026-06-09T12:00:00Z","level":"INFO","msg":"x")";
    const std::string request = R"({"msg":"boundary_request","fields":{"http_method":"GET",)";
    const Row rows[] = {
        {"an empty object", "{}", "not_slog"},
        {"a brace", "{", "malformed"},
        {"cut within a string", head.substr(0, head.size() - 1), "malformed"},
        {"cut before its last brace", head, "malformed"},
        {"another object behind it", head + "}{}", "malformed"},
        {"text behind it", head + "} x", "malformed"},
        {"a string left open", R"({"time":"2026)", "malformed"},
        {"an unknown escape", R"({"time":"\q"})", "malformed"},
        {"a lone surrogate", R"({"time":"2026-06-09T12:00:00Z","level":"\ud800","msg":"x"})",
         "malformed"},
        {"invalid UTF-8", head + ",\"a\":\"\xFF\"}", "malformed"},
        {"a raw control byte in a string", head + ",\"a\":\"\x01\"}", "malformed"},
        {"nesting without end", std::string(200'000, '{'), "malformed"},
        {"arrays without end", R"({"a":)" + std::string(200'000, '['), "malformed"},
        {"no msg", R"({"time":"2026-06-09T12:00:00Z","level":"INFO"})", "not_slog"},
        {"coderd's other lines", R"({"ts":"2026-06-09T12:00:00Z","level":"INFO","msg":"x"})",
         "not_slog"},
        {"a time that is none", R"({"time":"now","level":"INFO","msg":"x"})", "bad_time"},
        {"a time that is no string", R"({"time":5,"level":"INFO","msg":"x"})", "bad_time"},
        {"a request without fields", R"({"msg":"boundary_request"})", "bad_time"},
        {"a request whose fields are a string",
         R"({"msg":"boundary_request","fields":"{\"decision\":\"allow\"}"})", "bad_time"},
        {"a request without time", request + R"("http_url":"u","decision":"allow"}})", "bad_time"},
        {"a request with a third verdict",
         request + R"("http_url":"u","decision":"maybe","event_time":"2026-06-09T12:00:00Z"}})",
         "malformed"},
        {"a request with a loud verdict",
         request + R"("http_url":"u","decision":"ALLOW","event_time":"2026-06-09T12:00:00Z"}})",
         "malformed"},
        {"a request without URL",
         request + R"("decision":"allow","event_time":"2026-06-09T12:00:00Z"}})", "malformed"},
    };
    SlogJsonParser parser;
    for (const auto& row : rows) {
        const Padded line(row.text);
        const auto parsed = parser.parse(line);
        ASSERT_TRUE(std::holds_alternative<Unparsed>(parsed)) << row.what;
        EXPECT_EQ(std::get<Unparsed>(parsed).reason, row.reason) << row.what;
    }
}

TEST(SlogJsonParserTest, DeepNestingIsJustAText) {
    SlogJsonParser parser;
    const std::string arrays = std::string(50'000, '[') + std::string(50'000, ']');
    const Padded line(R"({"time":"2026-06-09T12:00:00Z","level":"INFO","msg":"x","a":)" + arrays +
                      "}");
    const auto parsed = parser.parse(line);
    ASSERT_TRUE(std::holds_alternative<Notice>(parsed));
    EXPECT_EQ(std::get<Notice>(parsed).fields[0].value, arrays);
}

TEST(SlogJsonParserTest, ReadsOnAfterABrokenLine) {
    SlogJsonParser parser;
    const Padded broken(R"({"time":)");
    const Padded good(R"({"time":"2026-06-09T12:00:00Z","level":"INFO","msg":"x"})");
    ASSERT_TRUE(std::holds_alternative<Unparsed>(parser.parse(broken)));
    const auto parsed = parser.parse(good);
    ASSERT_TRUE(std::holds_alternative<Notice>(parsed));
    EXPECT_TRUE(std::get<Notice>(parsed).fields.empty());
}

TEST(SlogJsonParserTest, NoCutOfADecisionIsARecord) {
    constexpr std::string_view kWhole =
        R"({"time":"2026-06-09T12:00:00Z","level":"WARN","msg":"DENY","method":"GET","url":"u","host":"h"})";
    SlogJsonParser parser;
    for (std::size_t length = 0; length < kWhole.size(); ++length) {
        const Padded cut(kWhole.substr(0, length));
        EXPECT_TRUE(std::holds_alternative<Unparsed>(parser.parse(cut))) << length;
    }
}

}  // namespace
}  // namespace tailer
