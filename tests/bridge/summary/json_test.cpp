// SPDX-License-Identifier: MIT
#include "bridge/summary/json.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/bridge/summary/records.h"

namespace bridge {
namespace {

using test_support::decide;
using test_support::kNoonNs;
using test_support::kSecondNs;
using test_support::notice;

simdjson::dom::element parsed(simdjson::dom::parser& parser, const std::string& text) {
    simdjson::dom::element element;
    EXPECT_EQ(parser.parse(text).get(element), simdjson::SUCCESS) << text;
    return element;
}

TEST(SummaryJsonTest, TellsOfNothingWithEveryKeyInPlace) {
    EXPECT_EQ(
        summary_json(SummaryData()),
        R"({"decisions":{"allow":0,"deny":0},"lines":{"decision":0,"notice":0,"lifecycle":0,"unparsed":0},)"
        R"("sessions":0,"files":0,"unreadable":0,"first":null,"last":null,)"
        R"("domains":{"allow":[],"deny":[],"other":{"allow":0,"deny":0}},)"
        R"("methods":{"allow":[],"deny":[],"other":{"allow":0,"deny":0}},)"
        R"("tool_calls":{"deny":[],"other":{"deny":0}},)"
        R"("rules":{"allow":[],"other":{"allow":0}},)"
        R"("timeline":[],"timeline_step_seconds":1,"notices":[],"notices_other":0,)"
        R"("unparsed_reasons":{}})");
}

TEST(SummaryJsonTest, TellsAllThatWasCounted) {
    SummaryGatherer gatherer;
    decide(gatherer, {.allow = true, .domain = "ok.example", .rule = "domain=*.example"});
    decide(gatherer, {.domain = "evil.example",
                      .method = "POST",
                      .session = "two",
                      .tool_call_id = "toolu_1",
                      .tool_name = "Bash",
                      .time_ns = kNoonNs + kSecondNs});
    decide(gatherer, {.domain = "bad.example", .method = "POST", .time_ns = kNoonNs + kSecondNs});
    decide(gatherer, {.domain = "evil.example", .time_ns = kNoonNs + 1'500'000'000});
    notice(gatherer, "INFO", "started");
    notice(gatherer, "WARN", "audit log dropped, channel full");
    gatherer.on_unparsed({.reason = "not_slog", .text = "", .session = "", .source = {}});
    gatherer.data().files = 3;
    gatherer.data().unreadable = 1;
    EXPECT_EQ(
        summary_json(gatherer.data()),
        R"({"decisions":{"allow":1,"deny":3},"lines":{"decision":4,"notice":2,"lifecycle":0,"unparsed":1},)"
        R"("sessions":2,"files":3,"unreadable":1,)"
        R"("first":"2026-06-09T12:00:00Z","last":"2026-06-09T12:00:01.5Z",)"
        R"("domains":{"allow":[{"domain":"ok.example","count":1}],)"
        R"("deny":[{"domain":"evil.example","count":2},{"domain":"bad.example","count":1}],)"
        R"("other":{"allow":0,"deny":0}},)"
        R"("methods":{"allow":[{"method":"GET","count":1}],)"
        R"("deny":[{"method":"POST","count":2},{"method":"GET","count":1}],)"
        R"("other":{"allow":0,"deny":0}},)"
        R"("tool_calls":{"deny":[{"tool_call_id":"toolu_1","tool":"Bash","count":1}],"other":{"deny":0}},)"
        R"("rules":{"allow":[{"rule":"domain=*.example","count":1}],"other":{"allow":0}},)"
        R"("timeline":[{"start":"2026-06-09T12:00:00Z","allow":1,"deny":0},)"
        R"({"start":"2026-06-09T12:00:01Z","allow":0,"deny":3}],"timeline_step_seconds":1,)"
        R"("notices":[{"level":"WARN","message":"audit log dropped, channel full","count":1},)"
        R"({"level":"INFO","message":"started","count":1}],"notices_other":0,)"
        R"("unparsed_reasons":{"not_slog":1}})");
}

TEST(SummaryJsonTest, IsPureAsciiThatReadsBackAsItWas) {
    // C1 control, NBSP, right-to-left override, emoji, DEL, ESC, quote, backslash.
    const std::string hostile = "a\xC2\x9B\xC2\xA0\xE2\x80\xAE\xF0\x9F\x98\x80\x7F\x1B[31m\"\\";
    SummaryGatherer gatherer;
    decide(gatherer, {.domain = hostile});
    const std::string text = summary_json(gatherer.data());
    for (const char c : text) {
        ASSERT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c);
    }
    simdjson::dom::parser parser;
    std::string_view domain;
    ASSERT_EQ(parsed(parser, text).at_pointer("/domains/deny/0/domain").get(domain),
              simdjson::SUCCESS);
    EXPECT_EQ(domain, hostile);
}

TEST(SummaryJsonTest, ReplacesBytesThatAreNoUtf8) {
    SummaryGatherer gatherer;
    notice(gatherer, "ERROR", "bad \xFF byte");
    simdjson::dom::parser parser;
    std::string_view message;
    const std::string text = summary_json(gatherer.data());
    ASSERT_EQ(parsed(parser, text).at_pointer("/notices/0/message").get(message),
              simdjson::SUCCESS);
    EXPECT_EQ(message, "bad \xEF\xBF\xBD byte");
}

TEST(SummaryJsonTest, SaysHowMuchIsLeftOutOfAFullTable) {
    SummaryGatherer gatherer;
    for (int i = 0; i < 10'000; ++i) {
        decide(gatherer, {.allow = true, .domain = std::to_string(i) + ".example"});
    }
    simdjson::dom::parser parser;
    const std::string text = summary_json(gatherer.data());
    const auto json = parsed(parser, text);
    std::uint64_t other = 0;
    ASSERT_EQ(json.at_pointer("/domains/other/allow").get(other), simdjson::SUCCESS);
    simdjson::dom::array listed;
    ASSERT_EQ(json.at_pointer("/domains/allow").get(listed), simdjson::SUCCESS);
    EXPECT_GT(other, 0U);
    EXPECT_EQ(other + listed.size(), 10'000U);
}

TEST(SummaryJsonTest, CanTellTheFirstAndTheLastInstantThereIs) {
    SummaryGatherer gatherer;
    decide(gatherer, {.time_ns = std::numeric_limits<std::int64_t>::min()});
    decide(gatherer, {.time_ns = std::numeric_limits<std::int64_t>::max()});
    simdjson::dom::parser parser;
    const std::string text = summary_json(gatherer.data());
    const auto json = parsed(parser, text);
    EXPECT_TRUE(json.at_pointer("/timeline/0/start").is_null());
    std::string_view last;
    ASSERT_EQ(json.at_pointer("/timeline/1/start").get(last), simdjson::SUCCESS);
    EXPECT_EQ(last, "2262-04-11T23:47:16Z");
}

}  // namespace
}  // namespace bridge
