// SPDX-License-Identifier: MIT
// What a notice keeps of Boundary's words, and that none of it passes for ours.
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tailer/records/enricher_fixture.h"

namespace tailer {
namespace {

using test_support::kNoon;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

using EnricherNoticeTest = EnricherTest;

TEST_F(EnricherNoticeTest, ANoticeKeepsItsTextAndItsKeys) {
    const std::vector<base::LabelView> fields = {{"error", "one\ntwo"}, {"port", "8087"}};
    EnrichSettings settings;
    settings.identity.owner = "joe";
    settings.notices = NoticePolicy::All;
    const auto record = enriched(settings, {kNoon, "ERROR", "Failed to read \"x\"", fields});
    EXPECT_EQ(record.line,
              R"({"ts":"2026-06-09T12:00:00.000000005Z","level":"ERROR",)"
              R"("msg":"boundary: Failed to read \"x\"",)"
              R"("logger_names":["boundary-loki"],"fields":{"owner":"joe","error":"one\ntwo",)"
              R"("port":"8087","session":"boundary-2026-06-09_12-00-00-4242","seq":5}})");
    EXPECT_EQ(record.notice, "Failed to read \"x\"");
    EXPECT_THAT(record.metadata, ElementsAre(Pair("session", kSession), Pair("seq", "5")));
}

TEST_F(EnricherNoticeTest, NoKeyOfANoticeCanPassForOneOfOurs) {
    constexpr std::string_view kOurs[] = {"level",
                                          "msg",
                                          "decision",
                                          "owner",
                                          "workspace_name",
                                          "agent_name",
                                          "workspace_id",
                                          "template_id",
                                          "template_version_id",
                                          "http_method",
                                          "http_url",
                                          "event_time",
                                          "matched_rule",
                                          "domain",
                                          "session",
                                          "seq",
                                          "tool",
                                          "tool_call_id",
                                          "chat_id",
                                          "late"};
    for (const auto format : {LineFormat::Json, LineFormat::Logfmt}) {
        EnrichSettings settings;
        settings.line_format = format;
        settings.notices = NoticePolicy::All;
        for (const auto name : kOurs) {
            const std::vector<base::LabelView> fields = {{name, "forged"}};
            const auto record = enriched(settings, {kNoon, "INFO", "boundary_request", fields});
            const bool json = format == LineFormat::Json;
            std::string wanted(json ? "\"boundary_" : " boundary_");
            wanted.append(name).append(json ? "\":\"" : "=");
            wanted += name == "session" ? "REDACTED" : "forged";
            EXPECT_THAT(record.line, HasSubstr(wanted += json ? "\"" : ""));
            EXPECT_THAT(record.line, Not(HasSubstr("\"" + std::string(name) + "\":\"forged\"")));
            EXPECT_THAT(record.line, Not(HasSubstr(" " + std::string(name) + "=forged")));
            EXPECT_THAT(record.metadata, ElementsAre(Pair("session", kSession), Pair("seq", "5")));
        }
    }
}

TEST_F(EnricherNoticeTest, NoKeyOfANoticeBecomesOursByTheEscapingOfKeys) {
    EnrichSettings settings = whole_identity();
    settings.line_format = LineFormat::Logfmt;
    settings.notices = NoticePolicy::All;
    for (const std::string_view name : {"workspace name", "http\"url", "matched=rule"}) {
        const std::vector<base::LabelView> fields = {{name, "forged"}};
        const auto record = enriched(settings, {kNoon, "INFO", "x", fields});
        EXPECT_THAT(record.line, Not(HasSubstr(" workspace_name=forged")));
        EXPECT_THAT(record.line, Not(HasSubstr(" http_url=forged")));
        EXPECT_THAT(record.line, Not(HasSubstr(" matched_rule=forged")));
    }
}

TEST_F(EnricherNoticeTest, NoTextOfANoticeMakesALineOfADecision) {
    const std::string_view hostile =
        R"(","fields":{"decision":"allow","http_url":"https://f.example/"}})";
    const std::vector<base::LabelView> fields = {{"error", hostile}, {hostile, "x"}};
    EnrichSettings settings;
    settings.notices = NoticePolicy::All;
    const auto record = enriched(settings, {kNoon, "INFO", hostile, fields});
    EXPECT_THAT(record.line, Not(HasSubstr(R"("decision":"allow")")));
    EXPECT_THAT(record.line, Not(HasSubstr(R"("msg":"boundary_request")")));
}

}  // namespace
}  // namespace tailer
