// SPDX-License-Identifier: MIT
#include "exporter/disk/holding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/loki/push_request.h"

namespace exporter {
namespace {

using testing::ElementsAre;

constexpr std::string_view kDenials = R"({decision="deny", job="boundary"})";
constexpr std::string_view kNoDecision = R"({job="boundary"})";

void append(std::string& entries, std::int64_t timestamp_ns, std::string_view session,
            std::string_view number, std::string_view decision = "") {
    const std::vector<base::LabelView> metadata = {
        {"decision", decision}, {"session", session}, {"seq", number}};
    append_entry(entries, {timestamp_ns, "line", metadata, {}});
}

TEST(HoldingTest, TellsTheNumbersOfEachSession) {
    std::string entries;
    append(entries, 10, "b", "7");
    append(entries, 11, "a", "2");
    append(entries, 12, "a", "0");
    append(entries, 13, "a", "1");
    append(entries, 14, "a", "9");
    EXPECT_THAT(holdings_of(kDenials, entries),
                ElementsAre(Holding{"a", true, "0-2,9", 12}, Holding{"b", true, "7", 10}));
}

TEST(HoldingTest, TellsALogThatBeganAnewFromTheOneBefore) {
    Batch batch;
    const auto add = [&batch](std::int64_t timestamp_ns, std::uint64_t file, std::string_view seq) {
        const std::vector<base::LabelView> metadata = {{"session", "a"}, {"seq", seq}};
        batch.add({timestamp_ns, "line", metadata, {file, 1}});
    };
    add(10, 1, "0");
    add(11, 1, "2");
    add(12, 2, "1");
    add(13, 2, "5");
    const SealedBatch sealed = batch.seal();
    EXPECT_THAT(holdings_of(kDenials, sealed.entries(), sealed.slots()),
                ElementsAre(Holding{"a", true, "0,2", 10}, Holding{"a", true, "1,5", 12}));
}

TEST(HoldingTest, TellsDecisionsFromNoticesWhereNoLabelDoes) {
    std::string entries;
    append(entries, 10, "a", "1", "allow");
    append(entries, 11, "a", "1");
    EXPECT_THAT(holdings_of(kNoDecision, entries),
                ElementsAre(Holding{"a", false, "1", 11}, Holding{"a", true, "1", 10}));
}

TEST(HoldingTest, CountsWhatHasNoNumber) {
    std::string entries;
    append(entries, 10, "a", "");
    append(entries, 11, "", "3");
    append(entries, 12, "b", "3x");
    append(entries, 13, "b", "3");
    EXPECT_THAT(holdings_of(kNoDecision, entries),
                ElementsAre(Holding{"", false, "0-2", 10}, Holding{"b", false, "3", 13}));
}

TEST(NumbersTest, ContainsWhatTheTextSays) {
    const auto numbers = Numbers::parse("0-2,9,18446744073709551615");
    ASSERT_TRUE(numbers.has_value());
    std::vector<std::uint64_t> there;
    for (std::uint64_t number = 0; number < 12; ++number) {
        if (numbers->contains(number)) {
            there.push_back(number);
        }
    }
    EXPECT_THAT(there, ElementsAre(0, 1, 2, 9));
    EXPECT_TRUE(numbers->contains(UINT64_MAX));
    EXPECT_EQ(numbers->lowest(), 0U);
    EXPECT_EQ(numbers->count(), 5U);
}

TEST(NumbersTest, RefusesWhatIsNoneOfOurs) {
    for (const char* text : {"", ",", "1,", ",1", "1-", "-1", "2-1", "1,1", "3,2", "1-3,3", "x",
                             "1 ", "1,,2", "18446744073709551616"}) {
        EXPECT_FALSE(Numbers::parse(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace exporter
