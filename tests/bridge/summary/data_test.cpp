// SPDX-License-Identifier: MIT
#include "bridge/summary/data.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bridge/summary/records.h"

namespace bridge {
namespace {

using test_support::decide;
using test_support::kNoonNs;
using test_support::kSecondNs;
using test_support::notice;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Count = BoundedCounts::Count;

TEST(SummaryGathererTest, CountsDecisionsByVerdictDomainAndMethod) {
    SummaryGatherer gatherer;
    decide(gatherer, {.allow = true, .domain = "ok.example", .method = "GET"});
    decide(gatherer, {.allow = false, .domain = "evil.example", .method = "POST"});
    decide(gatherer, {.allow = false, .domain = "evil.example", .method = "GET"});
    const SummaryData& data = gatherer.data();
    EXPECT_EQ(data.allow.total, 1U);
    EXPECT_EQ(data.deny.total, 2U);
    EXPECT_EQ(data.decisions(), 3U);
    EXPECT_THAT(data.allow.domains.sorted(), ElementsAre(Count{"ok.example", 1}));
    EXPECT_THAT(data.deny.domains.sorted(), ElementsAre(Count{"evil.example", 2}));
    EXPECT_THAT(data.deny.methods.sorted(), ElementsAre(Count{"GET", 1}, Count{"POST", 1}));
    EXPECT_THAT(data.timeline.buckets(),
                ElementsAre(Pair(kNoonNs / kSecondNs, Timeline::Counts{1, 2})));
}

TEST(SummaryGathererTest, CountsARequestWithoutHostUnderTheEmptyDomain) {
    SummaryGatherer gatherer;
    decide(gatherer, {.domain = ""});
    EXPECT_THAT(gatherer.data().deny.domains.sorted(), ElementsAre(Count{"", 1}));
}

TEST(SummaryGathererTest, CountsEachSessionWithADecisionOnce) {
    SummaryGatherer gatherer;
    EXPECT_EQ(gatherer.data().sessions, 0U);
    for (const char* session : {"a", "a", "b", "a"}) {
        decide(gatherer, {.session = session});
    }
    notice(gatherer, "INFO", "Executing target command");
    EXPECT_EQ(gatherer.data().sessions, 2U);
}

TEST(SummaryGathererTest, SpansFromTheFirstToTheLastLineInWhateverOrderTheyCome) {
    SummaryGatherer gatherer;
    EXPECT_FALSE(gatherer.data().first_ns.has_value());
    decide(gatherer, {.time_ns = kNoonNs});
    notice(gatherer, "INFO", "late", kNoonNs + 5);
    decide(gatherer, {.time_ns = kNoonNs - 7});
    EXPECT_EQ(gatherer.data().first_ns, kNoonNs - 7);
    EXPECT_EQ(gatherer.data().last_ns, kNoonNs + 5);
}

TEST(SummaryGathererTest, CountsToolCallsOfDeniesOnly) {
    SummaryGatherer gatherer;
    decide(gatherer, {.allow = true, .tool_call_id = "toolu_allowed"});
    decide(gatherer, {.allow = false, .tool_call_id = "toolu_denied"});
    decide(gatherer, {.allow = false});
    EXPECT_THAT(gatherer.data().denied_tool_calls.sorted(), ElementsAre(Count{"toolu_denied", 1}));
}

TEST(SummaryGathererTest, SortsNoticesByTheirLevel) {
    struct Row {
        const char* level;
        NoticeLevel expected;
    };
    const Row rows[] = {
        {"ERROR", NoticeLevel::Error},   {"ERROR+4", NoticeLevel::Error},
        {"WARN", NoticeLevel::Warn},     {"WARN-1", NoticeLevel::Warn},
        {"INFO", NoticeLevel::Info},     {"DEBUG", NoticeLevel::Debug},
        {"WARNING", NoticeLevel::Other}, {"", NoticeLevel::Other},
        {"error", NoticeLevel::Other},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.level);
        SummaryGatherer gatherer;
        notice(gatherer, row.level, "message");
        EXPECT_EQ(gatherer.data().notices, 1U);
        for (const NoticeLevel level : kNoticeLevels) {
            EXPECT_EQ(gatherer.data().messages(level).empty(), level != row.expected);
        }
    }
}

TEST(SummaryGathererTest, KeepsARareErrorThroughAFloodOfOtherMessages) {
    SummaryGatherer gatherer;
    notice(gatherer, "ERROR", "disk full");
    for (int i = 0; i < 100'000; ++i) {
        notice(gatherer, "INFO", "junk " + std::to_string(i));
    }
    EXPECT_THAT(gatherer.data().messages(NoticeLevel::Error).sorted(),
                ElementsAre(Count{"disk full", 1}));
    EXPECT_LE(gatherer.data().messages(NoticeLevel::Info).size(), 256U);
}

TEST(SummaryGathererTest, CountsUnparsedLinesByReason) {
    SummaryGatherer gatherer;
    EXPECT_THAT(gatherer.data().unparsed_reasons, IsEmpty());
    for (const char* reason : {"not_slog", "bad_time", "not_slog"}) {
        gatherer.on_unparsed({.reason = reason, .text = "", .session = "s", .source = {}});
    }
    EXPECT_EQ(gatherer.data().unparsed, 3U);
    EXPECT_THAT(gatherer.data().unparsed_reasons,
                ElementsAre(Pair("bad_time", 1), Pair("not_slog", 2)));
}

TEST(SummaryGathererTest, StaysSmallWhenEveryRequestGoesToAnotherDomain) {
    SummaryGatherer gatherer;
    for (int i = 0; i < 300'000; ++i) {
        decide(gatherer, {.domain = std::to_string(i) + ".example",
                          .method = "M" + std::to_string(i),
                          .tool_call_id = "toolu_" + std::to_string(i),
                          .tool_name = "tool",
                          .time_ns = kNoonNs + i * 1000 * kSecondNs});
    }
    const SummaryData& data = gatherer.data();
    EXPECT_LE(data.deny.domains.size(), 2 * data.deny.domains.keep());
    EXPECT_LE(data.deny.methods.size(), 2 * data.deny.methods.keep());
    EXPECT_LE(data.denied_tool_calls.size(), 2 * data.denied_tool_calls.keep());
    EXPECT_LE(data.tool_names.size(), 2 * data.denied_tool_calls.keep());
    EXPECT_LE(data.timeline.buckets().size(), Timeline::kMostBuckets);
    EXPECT_EQ(data.deny.total, 300'000U);
}

}  // namespace
}  // namespace bridge
