// SPDX-License-Identifier: MIT
#include "bridge/verify/stored_entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_loki.h"

namespace bridge::verify {
namespace {

using test_support::answered;
using test_support::FakeLoki;
using test_support::not_sent;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kQuery = R"({job="boundary"})";

class StoredEntriesTest : public testing::Test {
protected:
    void store(std::int64_t timestamp_ns, const std::string& line) {
        loki_.store(kQuery, {timestamp_ns, line, {}});
    }
    base::Result<void> read(std::int64_t from_ns, std::int64_t until_ns) {
        lines_.clear();
        return entries_.read(kQuery, from_ns, until_ns, [this](const StoredEntry& entry) {
            ++lines_[std::string(entry.line)];
        });
    }

    FakeLoki loki_;
    std::vector<std::chrono::milliseconds> pauses_;
    StoredEntries entries_{
        loki_, {}, [this](std::chrono::milliseconds pause) { pauses_.push_back(pause); }};
    std::map<std::string, int> lines_;
};

TEST_F(StoredEntriesTest, ReadsEachOnceOverPages) {
    for (int i = 0; i < 7'000; ++i) {
        store(i / 3, "line " + std::to_string(i));  // three at each instant
    }
    ASSERT_TRUE(read(0, 10'000));
    EXPECT_EQ(lines_.size(), 7'000U);
    EXPECT_TRUE(std::ranges::all_of(lines_, [](const auto& line) { return line.second == 1; }));
    EXPECT_GT(loki_.queries(), 2U);
}

TEST_F(StoredEntriesTest, TheEndIsExclusive) {
    store(10, "a");
    store(20, "b");
    ASSERT_TRUE(read(10, 20));
    EXPECT_THAT(lines_, ElementsAre(std::pair("a", 1)));
}

TEST_F(StoredEntriesTest, ThousandsAtOneInstantAreReadWhole) {
    for (int i = 0; i < 4'900; ++i) {
        store(5, "line " + std::to_string(i));
    }
    store(6, "next");
    ASSERT_TRUE(read(0, 10));
    EXPECT_EQ(lines_.size(), 4'901U);
}

TEST_F(StoredEntriesTest, MoreAtOneInstantThanAnAnswerHoldsIsSaid) {
    for (int i = 0; i < 6'000; ++i) {
        store(5, "line " + std::to_string(i));
    }
    store(6, "next");
    const auto result = read(0, 10);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("1970-01-01T00:00:00.000000005Z"));
    EXPECT_EQ(lines_.count("next"), 1U);
}

TEST_F(StoredEntriesTest, WhatFailsForAMomentIsAskedAgain) {
    store(5, "a");
    for (const auto& reply : {not_sent(), answered(503), answered(429), answered(500)}) {
        loki_.answer_next_query(reply);
    }
    ASSERT_TRUE(read(0, 10));
    EXPECT_EQ(lines_.size(), 1U);
    EXPECT_EQ(pauses_.size(), 4U);
}

TEST_F(StoredEntriesTest, WhatFailsForGoodIsSaid) {
    for (const auto& [reply, text] :
         {std::pair(answered(401, "no org id"), "--tenant"),
          std::pair(answered(404, "page not found"), "page not found"),
          std::pair(answered(400, "parse error"), "parse error"),
          std::pair(answered(200, "<html>"), "no log rows"),
          std::pair(answered(200, R"({"data":{"result":[{"values":[["x","y"]]}]}})"),
                    "no log rows"),
          std::pair(answered(503, "down"), "down")}) {
        loki_.answer_queries(reply);
        const auto result = read(0, 10);
        ASSERT_FALSE(result) << text;
        EXPECT_THAT(result.error().message, HasSubstr(text));
    }
}

TEST_F(StoredEntriesTest, ALimitThatIsLowerThanUsualIsKept) {
    for (int i = 0; i < 300; ++i) {
        store(i, "line " + std::to_string(i));
    }
    const auto refusal = answered(
        400, "max entries limit per query exceeded, limit > max_entries_limit (1000 > 100)");
    for (int i = 0; i < 4; ++i) {
        loki_.answer_next_query(refusal);
    }
    loki_.answer_next_query(answered(
        400, "the query time range exceeds the limit (query length: 720h0m0s, limit: 400h)"));
    ASSERT_TRUE(read(0, 1'000'000));
    EXPECT_EQ(lines_.size(), 300U);
    EXPECT_TRUE(pauses_.empty());
}

TEST_F(StoredEntriesTest, LabelsAreThoseOfTheStream) {
    loki_.answer_next_query(answered(200, R"({"data":{"result":[
        {"stream":{"job":"boundary","seq":"1","service_name":"x","owner":"joe","detected_level":"info"},
         "values":[["1","a"]]},
        {"stream":{"owner":"joe","job":"boundary","seq":"2"},"values":[["2","b"]]},
        {"stream":{"job":"boundary","site":"lab"},"values":[["3","c"]]}]}})"));
    std::vector<LabelSet> sets;
    ASSERT_TRUE(entries_.read(kQuery, 0, 10,
                              [&](const StoredEntry& entry) { sets.push_back(entry.labels); }));
    ASSERT_THAT(sets, ElementsAre(0, 0, 1));
    EXPECT_EQ(entries_.labels(0), (base::Labels{{"job", "boundary"}, {"owner", "joe"}}));
    EXPECT_EQ(entries_.labels(1), (base::Labels{{"job", "boundary"}, {"site", "lab"}}));
}

}  // namespace
}  // namespace bridge::verify
