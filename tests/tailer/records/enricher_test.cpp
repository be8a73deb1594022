// SPDX-License-Identifier: MIT
#include "tailer/records/enricher.h"

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"
#include "tests/tailer/collected.h"
#include "tests/tailer/records/enricher_fixture.h"

namespace tailer {
namespace {

using test_support::keep;
using test_support::KeptRecord;
using test_support::kNoon;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST_F(EnricherTest, WritesTheLineOfTheContractByteForByte) {
    EXPECT_EQ(enriched(whole_identity(), deny(), 2).line,
              R"({"ts":"2026-06-09T12:00:00.123000002Z","level":"WARN","msg":"boundary_request",)"
              R"("logger_names":["boundary-loki"],"fields":{"decision":"deny","owner":"joe",)"
              R"("workspace_name":"left-pad-ws","agent_name":"main",)"
              R"("workspace_id":"5c1d0000-0000-4000-8000-000000000001",)"
              R"("template_id":"9d2e0000-0000-4000-8000-000000000002",)"
              R"("template_version_id":"1a7b0000-0000-4000-8000-000000000003","http_method":"GET",)"
              R"("http_url":"https://npm.registry.example/left-pad",)"
              R"("event_time":"2026-06-09T12:00:00.123Z","domain":"npm.registry.example",)"
              R"("session":"boundary-2026-06-09_12-00-00-4242","seq":2}})");
    EXPECT_EQ(enriched(whole_identity(), allow()).line,
              R"({"ts":"2026-06-09T12:00:00.123Z","level":"INFO","msg":"boundary_request",)"
              R"("logger_names":["boundary-loki"],"fields":{"decision":"allow","owner":"joe",)"
              R"("workspace_name":"left-pad-ws","agent_name":"main",)"
              R"("workspace_id":"5c1d0000-0000-4000-8000-000000000001",)"
              R"("template_id":"9d2e0000-0000-4000-8000-000000000002",)"
              R"("template_version_id":"1a7b0000-0000-4000-8000-000000000003","http_method":"GET",)"
              R"("http_url":"https://npm.registry.example/left-pad",)"
              R"("event_time":"2026-06-09T12:00:00.123Z",)"
              R"("matched_rule":"domain=*.example path=\"/a\"","domain":"npm.registry.example",)"
              R"("session":"boundary-2026-06-09_12-00-00-4242","seq":0}})");
}

TEST_F(EnricherTest, WritesTheSameFieldsInLogfmt) {
    EnrichSettings settings = whole_identity();
    settings.line_format = LineFormat::Logfmt;
    EXPECT_EQ(enriched(settings, allow(), 2).line,
              "boundary_request decision=allow owner=joe workspace_name=left-pad-ws "
              "agent_name=main workspace_id=5c1d0000-0000-4000-8000-000000000001 "
              "template_id=9d2e0000-0000-4000-8000-000000000002 "
              "template_version_id=1a7b0000-0000-4000-8000-000000000003 http_method=GET "
              "http_url=https://npm.registry.example/left-pad event_time=2026-06-09T12:00:00.123Z "
              "matched_rule=\"domain=*.example path=\\\"/a\\\"\" domain=npm.registry.example "
              "session=boundary-2026-06-09_12-00-00-4242 seq=2");
}

TEST_F(EnricherTest, TheNumberShowsInTheTimestampWithinTheMillisecondAndNowhereElse) {
    struct Case {
        std::int64_t time_ns;
        std::uint64_t seq;
        std::int64_t timestamp_ns;
    };
    constexpr auto kLast = std::numeric_limits<std::int64_t>::max();
    for (const auto& [time_ns, seq, timestamp_ns] : {Case{kNoon, 0, kNoon},
                                                     {kNoon, 999'999, kNoon + 999'999},
                                                     {kNoon, 1'000'000, kNoon},
                                                     {kNoon, UINT32_MAX, kNoon + 967'295},
                                                     {-1, 3, 2},
                                                     {kLast, 5, kLast}}) {
        Decision decision = deny();
        decision.time_ns = time_ns;
        const auto record = enriched({}, decision, seq);
        EXPECT_EQ(record.timestamp_ns, timestamp_ns) << seq;
        EXPECT_EQ(record.event_time_ns, time_ns) << seq;
        EXPECT_THAT(record.line, HasSubstr("\"seq\":" + std::to_string(seq) + "}}"));
    }
    EXPECT_THAT(enriched({}, deny(), 7).line,
                HasSubstr(R"("event_time":"2026-06-09T12:00:00.123Z")"));
}

TEST_F(EnricherTest, WhatStandsInNoFileHasNoNumber) {
    Enricher enricher({});
    const auto record = keep(enricher.enrich_own(Notice{kNoon, "INFO", "x", {}}, kSession));
    EXPECT_EQ(record.timestamp_ns, kNoon);
    EXPECT_THAT(record.line, Not(HasSubstr("seq")));
    EXPECT_THAT(record.metadata, ElementsAre(Pair("session", kSession)));
}

TEST_F(EnricherTest, LeavesOutWhatIsEmpty) {
    Decision decision = deny();
    decision.url = "http:///";
    decision.host = "";
    const auto record = enriched({}, decision);
    EXPECT_EQ(record.line,
              R"({"ts":"2026-06-09T12:00:00.123Z","level":"WARN","msg":"boundary_request",)"
              R"("logger_names":["boundary-loki"],"fields":{"decision":"deny","http_method":"GET",)"
              R"("http_url":"http:///","event_time":"2026-06-09T12:00:00.123Z",)"
              R"("session":"boundary-2026-06-09_12-00-00-4242","seq":0}})");
    EXPECT_THAT(record.metadata, UnorderedElementsAre(Pair("http_method", "GET"),
                                                      Pair("session", kSession), Pair("seq", "0")));
}

TEST_F(EnricherTest, HasOneStreamEachForAllowDenyAndNotices) {
    EnrichSettings settings = whole_identity();
    settings.extra_labels = {{"cluster", "c1"}};
    Enricher enricher(settings);
    const auto labels_of = [](const std::vector<base::Label>& decision) {
        base::Labels labels = {{"agent_name", "main"}, {"cluster", "c1"}};
        labels.insert(labels.end(), decision.begin(), decision.end());
        const base::Labels rest = {{"job", "boundary"},
                                   {"namespace", "coder-workspaces"},
                                   {"owner", "joe"},
                                   {"template_name", "firewalled"},
                                   {"workspace_name", "left-pad-ws"}};
        labels.insert(labels.end(), rest.begin(), rest.end());
        return labels;
    };
    EXPECT_THAT(enricher.streams(), ElementsAre(labels_of({{"decision", "allow"}}),
                                                labels_of({{"decision", "deny"}}), labels_of({})));
    EXPECT_EQ(enriched(settings, allow()).stream, 0U);
    EXPECT_EQ(enriched(settings, allow()).kind, RecordKind::Allow);
    EXPECT_EQ(enriched(settings, deny()).stream, 1U);
    EXPECT_EQ(enriched(settings, deny()).kind, RecordKind::Deny);
    const Notice notice{kNoon, "INFO", "x", {}};
    EXPECT_EQ(enriched(settings, notice).stream, 2U);
    EXPECT_EQ(enriched(settings, notice).kind, RecordKind::Notice);
}

TEST_F(EnricherTest, PutsWhatIsUnboundedIntoMetadata) {
    EXPECT_THAT(
        enriched(whole_identity(), allow(), 1'234'567'890'123).metadata,
        UnorderedElementsAre(Pair("domain", "npm.registry.example"), Pair("http_method", "GET"),
                             Pair("matched_rule", "domain=*.example path=\"/a\""),
                             Pair("session", kSession), Pair("seq", "1234567890123"),
                             Pair("workspace_id", "5c1d0000-0000-4000-8000-000000000001"),
                             Pair("template_id", "9d2e0000-0000-4000-8000-000000000002"),
                             Pair("template_version_id", "1a7b0000-0000-4000-8000-000000000003")));
}

TEST_F(EnricherTest, ALabelLeftOutOfTheStreamBecomesMetadata) {
    EnrichSettings settings = whole_identity();
    settings.stream_labels = {"job", "namespace"};
    settings.extra_labels = {{"cluster", "c1"}};
    Enricher enricher(settings);
    EXPECT_THAT(enricher.streams(),
                ElementsAre(base::Labels{
                    {"cluster", "c1"}, {"job", "boundary"}, {"namespace", "coder-workspaces"}}));
    for (const auto& decision : {allow(), deny()}) {
        const auto record = enriched(settings, decision);
        EXPECT_EQ(record.stream, 0U);
        EXPECT_THAT(
            record.metadata,
            IsSupersetOf({Pair(std::string("decision"),
                               std::string(decision.verdict == Verdict::Allow ? "allow" : "deny")),
                          Pair(std::string("owner"), std::string("joe")),
                          Pair(std::string("workspace_name"), std::string("left-pad-ws")),
                          Pair(std::string("agent_name"), std::string("main")),
                          Pair(std::string("template_name"), std::string("firewalled"))}));
        EXPECT_THAT(record.metadata, Not(Contains(Key("namespace"))));
        EXPECT_EQ(record.line, enriched(whole_identity(), decision).line)
            << "the line does not depend on the labels";
    }
    const auto notice = enriched(settings, Notice{kNoon, "INFO", "x", {}});
    EXPECT_EQ(notice.stream, 0U);
    EXPECT_THAT(notice.metadata, Not(Contains(Key("decision"))));
}

TEST_F(EnricherTest, DecisionMayBeTheOnlyStreamLabel) {
    EnrichSettings settings = whole_identity();
    settings.stream_labels = {"decision"};
    Enricher enricher(settings);
    EXPECT_THAT(enricher.streams(),
                ElementsAre(base::Labels{{"decision", "allow"}}, base::Labels{{"decision", "deny"}},
                            base::Labels{{"job", "boundary"}}))
        << "Loki takes no stream without a label";
}

TEST_F(EnricherTest, NoStreamIsWithoutALabel) {
    EnrichSettings settings = whole_identity();
    settings.stream_labels = {};
    Enricher enricher(settings);
    EXPECT_THAT(enricher.streams(), ElementsAre(base::Labels{{"job", "boundary"}}));
}

TEST_F(EnricherTest, ClaimsOfALineFillGapsOnly) {
    const std::vector<base::LabelView> claims = {
        {"owner", "mallory"}, {"workspace_name", "hers"}, {"template_id", "hers too"}};
    Decision decision = deny();
    decision.claims = claims;

    const auto told = enriched(whole_identity(), decision);
    EXPECT_EQ(told.line, enriched(whole_identity(), deny()).line);
    EXPECT_EQ(told.metadata, enriched(whole_identity(), deny()).metadata);

    EnrichSettings settings;
    settings.identity.workspace_name = "left-pad-ws";
    Enricher enricher(settings);
    const auto record = keep(enricher.enrich(decision, kSession, 0));
    EXPECT_THAT(record.line, HasSubstr(R"({"decision":"deny","owner":"mallory",)"
                                       R"("workspace_name":"left-pad-ws","template_id":"hers too",)"
                                       R"("http_method":"GET")"));
    EXPECT_THAT(record.metadata,
                IsSupersetOf({Pair(std::string("owner"), std::string("mallory")),
                              Pair(std::string("template_id"), std::string("hers too"))}));
    EXPECT_THAT(record.metadata, Not(Contains(Key("workspace_name"))));
    EXPECT_THAT(enricher.streams().at(record.stream), Not(Contains(Key("owner"))))
        << "a line never fills a stream label";
}

TEST_F(EnricherTest, CutsLongMetadataAndKeepsTheLineWhole) {
    const std::string rule = "x" + std::string(3000, '\0');
    std::string accents = "x";
    for (int i = 0; i < 3000; ++i) {
        accents += "\u00e9";
    }
    const std::string stray = std::string(3000, '\x80');
    std::string host = "h";
    for (int i = 0; i < 1000; ++i) {
        host += ".left";
    }
    const std::string url = "https://" + host + "/";
    for (const std::string& text : {rule, accents, stray}) {
        Decision decision = allow();
        decision.rule = text;
        decision.host = host;
        decision.url = url;
        const auto record = enriched(whole_identity(), decision);
        std::size_t bytes = 0;
        for (const auto& [name, value] : record.metadata) {
            EXPECT_FALSE(value.empty()) << name;
            bytes += name.size() + value.size();
            std::string valid;
            base::append_valid_utf8(valid, value);
            EXPECT_EQ(value, valid) << name;
        }
        EXPECT_LT(bytes, 64U << 10U) << "what Loki takes";
        EXPECT_THAT(record.metadata, Contains(Pair("domain", host.substr(0, 1024))));
        EXPECT_THAT(record.line, HasSubstr(url));
    }
    ToolCallMatch call;
    call.id = accents;
    Enricher enricher({});
    EXPECT_THAT(keep(enricher.enrich(allow(), kSession, 0, &call)).metadata,
                Contains(Pair("tool_call_id", accents.substr(0, 1023))))
        << "not within a letter";
}

TEST_F(EnricherTest, MetadataIsValidUtf8WhateverGoesIn) {
    ToolCallMatch call;
    call.id = "a\xff";
    call.chat_id = "\xe2\x82";
    Enricher enricher({});
    const auto record = keep(enricher.enrich(allow(), kSession, 0, &call));
    EXPECT_THAT(record.metadata, Contains(Pair("tool_call_id", "a\uFFFD")));
    EXPECT_THAT(record.metadata, Contains(Pair("chat_id", "\uFFFD\uFFFD")));
}

TEST_F(EnricherTest, ManySanitisedValuesStandSideBySide) {
    const std::string junk(1024, '\xff');
    std::string replaced;
    base::append_valid_utf8(replaced, junk);
    ToolCallMatch call;
    call.id = junk;
    call.chat_id = junk;
    call.tool = junk;
    call.process = junk;
    Enricher enricher({});
    const auto record = keep(enricher.enrich(allow(), kSession, 0, &call));
    int count = 0;
    for (const auto& [name, value] : record.metadata) {
        count += value == replaced ? 1 : 0;
    }
    EXPECT_EQ(count, 4);
}

TEST_F(EnricherTest, KeepsNoSecretOfAUrl) {
    Decision decision = deny();
    decision.url = "https://joe:hunter2@npm.registry.example/a?token=hunter2&b=1";
    const auto record = enriched(whole_identity(), decision);
    EXPECT_THAT(record.line, Not(HasSubstr("hunter2")));
    EXPECT_THAT(record.line, HasSubstr("https://npm.registry.example/a?token=REDACTED&b=1"));
    for (const auto& [name, value] : record.metadata) {
        EXPECT_THAT(value, Not(HasSubstr("hunter2"))) << name;
    }
}

TEST_F(EnricherTest, ARecordDependsOnItsInputAlone) {
    Enricher used(whole_identity());
    const std::vector<base::LabelView> claims = {{"owner", "x"}};
    Decision other = allow();
    other.claims = claims;
    other.url = "/path";
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(used.enrich(other, "another session", 1));
        static_cast<void>(used.enrich(Notice{kNoon, "INFO", "x", claims}, "third", 2));
        const auto record = keep(used.enrich(deny(), kSession, 0));
        EXPECT_EQ(record.line, enriched(whole_identity(), deny()).line);
        EXPECT_EQ(record.metadata, enriched(whole_identity(), deny()).metadata);
    }
}

}  // namespace
}  // namespace tailer
