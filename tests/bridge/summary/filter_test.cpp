// SPDX-License-Identifier: MIT
#include "bridge/summary/filter.h"

#include <gtest/gtest.h>

#include "bridge/settings/quantity.h"
#include "bridge/summary/data.h"
#include "tests/bridge/summary/records.h"

namespace bridge {
namespace {

using test_support::kNoonNs;
using test_support::kSecondNs;

tailer::Record record_of(tailer::RecordKind kind, std::int64_t time_ns,
                         std::span<const base::LabelView> metadata) {
    tailer::Record record;
    record.kind = kind;
    record.event_time_ns = time_ns;
    record.metadata = metadata;
    return record;
}

/// Two denials, two allows, a notice and a strange line, a second apart from noon on.
SummaryData counted(const SummaryWish& wish) {
    SummaryGatherer gatherer;
    SummaryFilter filter(wish, gatherer);
    const std::array<base::LabelView, 1> example = {base::LabelView{"domain", "api.example"}};
    const std::array<base::LabelView, 1> other = {base::LabelView{"domain", "notexample"}};
    using tailer::RecordKind;
    filter.on_record(record_of(RecordKind::Deny, kNoonNs, example));
    filter.on_record(record_of(RecordKind::Allow, kNoonNs + kSecondNs, example));
    filter.on_record(record_of(RecordKind::Deny, kNoonNs + 2 * kSecondNs, other));
    filter.on_record(record_of(RecordKind::Allow, kNoonNs + 3 * kSecondNs, {}));
    filter.on_record(record_of(RecordKind::Notice, kNoonNs + 4 * kSecondNs, {}));
    filter.on_unparsed({"no record", "x", "s", {}});
    return gatherer.data();
}

TEST(SummaryFilterTest, LetsAllPassByDefault) {
    const SummaryData data = counted({});
    EXPECT_EQ(data.allow.total, 2U);
    EXPECT_EQ(data.deny.total, 2U);
    EXPECT_EQ(data.notices, 1U);
    EXPECT_EQ(data.unparsed, 1U);
}

TEST(SummaryFilterTest, TakesAHalfOpenSpanOfTime) {
    SummaryWish wish;
    wish.since_ns = kNoonNs + kSecondNs;
    wish.until_ns = kNoonNs + 3 * kSecondNs;
    const SummaryData data = counted(wish);
    EXPECT_EQ(data.allow.total, 1U);
    EXPECT_EQ(data.deny.total, 1U);
    EXPECT_EQ(data.notices, 0U);
    EXPECT_EQ(data.unparsed, 1U) << "such a line has no time";
}

TEST(SummaryFilterTest, TakesOneDecision) {
    SummaryWish wish;
    wish.decision = "deny";
    EXPECT_EQ(counted(wish).deny.total, 2U);
    EXPECT_EQ(counted(wish).allow.total, 0U);
    EXPECT_EQ(counted(wish).notices, 0U);
    EXPECT_EQ(counted(wish).unparsed, 0U);
    wish.decision = "allow";
    EXPECT_EQ(counted(wish).allow.total, 2U);
    EXPECT_EQ(counted(wish).deny.total, 0U);
}

TEST(SummaryFilterTest, TakesAToolCallAChatOrATool) {
    const std::array<base::LabelView, 3> one = {base::LabelView{"tool_name", "bash"},
                                                base::LabelView{"tool_call_id", "call-1"},
                                                base::LabelView{"chat_id", "chat-1"}};
    const std::array<base::LabelView, 3> other = {base::LabelView{"tool_name", "bash"},
                                                  base::LabelView{"tool_call_id", "call-10"},
                                                  base::LabelView{"chat_id", "chat-2"}};
    const auto taken = [&](const SummaryWish& wish) {
        SummaryGatherer gatherer;
        SummaryFilter filter(wish, gatherer);
        filter.on_record(record_of(tailer::RecordKind::Deny, kNoonNs, one));
        filter.on_record(record_of(tailer::RecordKind::Deny, kNoonNs, other));
        filter.on_record(record_of(tailer::RecordKind::Deny, kNoonNs, {}));
        filter.on_record(record_of(tailer::RecordKind::Notice, kNoonNs, one));
        filter.on_unparsed({"no record", "x", "s", {}});
        EXPECT_EQ(gatherer.data().notices + gatherer.data().unparsed, 0U);
        return gatherer.data().deny.total;
    };
    SummaryWish wish;
    wish.tool_call = "call-1";
    EXPECT_EQ(taken(wish), 1U);
    wish.chat = "chat-2";
    EXPECT_EQ(taken(wish), 0U) << "all that is asked for has to be so";
    wish.tool_call.clear();
    EXPECT_EQ(taken(wish), 1U);
    wish = {};
    wish.tool = "bash";
    EXPECT_EQ(taken(wish), 2U);
}

TEST(SummaryFilterTest, TakesADomainOrAllBelowIt) {
    SummaryWish wish;
    wish.domain = "api.example";
    EXPECT_EQ(counted(wish).decisions(), 2U);
    wish.domain = "*.example";
    EXPECT_EQ(counted(wish).decisions(), 2U) << "notexample is not below example";
    wish.domain = "example";
    EXPECT_EQ(counted(wish).decisions(), 0U);
}

TEST(ParseInstantTest, TakesATimestampOrAnAge) {
    EXPECT_EQ(parse_instant("2026-06-09T12:00:00Z", 0), kNoonNs);
    EXPECT_EQ(parse_instant("2026-06-09T14:00:00+02:00", 0), kNoonNs);
    EXPECT_EQ(parse_instant("1h", kNoonNs), kNoonNs - 3600 * kSecondNs);
    for (const char* wrong : {"", "yesterday", "2026-06-09", "1"}) {
        EXPECT_EQ(parse_instant(wrong, kNoonNs), std::nullopt) << wrong;
    }
}

}  // namespace
}  // namespace bridge
