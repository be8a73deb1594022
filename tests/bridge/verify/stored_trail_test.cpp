// SPDX-License-Identifier: MIT
#include "bridge/verify/stored_trail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/nanoseconds.h"
#include "base/rfc3339.h"
#include "tests/support/fake_loki.h"

namespace bridge::verify {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr KeyedHash kTrailHash(1, 2);
constexpr std::int64_t kNoonNs = 1'781'006'400 * base::kNanosPerSecond;

class StoredTrailTest : public testing::Test {
protected:
    void SetUp() override {  // so that there is a label set
        loki_.store("{}", {1, "line", {}});
        ASSERT_TRUE(entries_.read("{}", 0, 2, [](const StoredEntry&) {}));
    }
    struct Wish {
        std::uint64_t seq = 0;
        std::int64_t ms = 0;
        std::string owner = "joe";
        std::string url = "https://h.example/";
        std::int64_t moved_ns = 0;
    };
    void take(const Wish& wish) {
        const std::int64_t event_ns = kNoonNs + wish.ms * base::kNanosPerMillisecond;
        line_ = R"({"ts":"t","msg":"boundary_request","fields":{"decision":"deny","owner":")" +
                wish.owner + R"(","http_url":")" + wish.url + R"(","event_time":")";
        base::append_rfc3339_nano(line_, event_ns);
        line_ += R"(","session":"s","seq":)" + std::to_string(wish.seq) + "}}";
        trail_.take({event_ns + static_cast<std::int64_t>(wish.seq) + wish.moved_ns, line_, 0});
    }
    SessionVerdict verdict() {
        trail_.join();
        Verdict verdict;
        trail_.conclude(verdict, entries_);
        EXPECT_EQ(verdict.sessions.size(), 1U);
        return verdict.sessions.front();
    }

    test_support::FakeLoki loki_;
    StoredEntries entries_{loki_, {}};
    StoredTrail trail_{kTrailHash};
    std::string line_;
};

TEST_F(StoredTrailTest, NumbersWithoutAGapAreWhole) {
    for (std::uint64_t seq = 0; seq < 100; ++seq) {
        take({.seq = seq ^ 1U, .ms = static_cast<std::int64_t>(seq)});
    }
    EXPECT_FALSE(trail_.misses_any());
    EXPECT_TRUE(verdict().whole());
}

TEST_F(StoredTrailTest, AGapIsNamed) {
    for (const std::uint64_t seq : {1U, 2U, 5U, 6U, 9U}) {
        take({.seq = seq, .ms = static_cast<std::int64_t>(seq)});
    }
    EXPECT_TRUE(trail_.misses_any());
    const auto found = verdict();
    EXPECT_THAT(found.of_decisions.missing.runs(), ElementsAre(Pair(0, 0), Pair(3, 4), Pair(7, 8)));
    EXPECT_EQ(found.lowest, 1U);
    EXPECT_EQ(found.highest, 9U);
}

TEST_F(StoredTrailTest, OneNumberWithTwoLinesIsAltered) {
    take({.seq = 0});
    take({.seq = 0, .url = "https://other.example/"});
    const auto found = verdict();
    EXPECT_EQ(found.of_decisions.altered.count(), 1U);
    EXPECT_EQ(found.of_decisions.doubled.count(), 0U);
}

/// Long after the first one is forgotten.
TEST_F(StoredTrailTest, ALateRepeatIsToldByItsOwnTime) {
    constexpr std::uint64_t kMany = 100'000;
    for (std::uint64_t seq = 0; seq < kMany; ++seq) {
        take({.seq = seq, .ms = static_cast<std::int64_t>(seq)});
    }
    take({.seq = 3, .ms = 200'000});  // a rewritten log: another time, so another line
    take({.seq = 4, .ms = 4, .moved_ns = 300 * base::kNanosPerSecond});  // the very same, elsewhere
    const auto found = verdict();
    EXPECT_THAT(found.of_decisions.altered.runs(), ElementsAre(Pair(3, 3)));
    EXPECT_THAT(found.of_decisions.doubled.runs(), ElementsAre(Pair(4, 4)));
    EXPECT_EQ(found.decisions, kMany);
}

TEST_F(StoredTrailTest, ACopyUnderAnotherOwnerIsDoubled) {
    for (std::uint64_t seq = 0; seq < 10; ++seq) {
        take({.seq = seq,
              .ms = static_cast<std::int64_t>(seq),
              .owner = seq % 2 == 0 ? "eve" : "joe"});
        if (seq > 4) {
            take({.seq = seq,
                  .ms = static_cast<std::int64_t>(seq),
                  .owner = seq % 2 == 0 ? "joe" : "eve"});
        }
    }
    const auto found = verdict();
    EXPECT_THAT(found.of_decisions.doubled.runs(), ElementsAre(Pair(5, 9)));
    EXPECT_EQ(found.of_decisions.missing.count(), 0U);
}

TEST_F(StoredTrailTest, ASessionMayGoOnUnderAnotherOwner) {
    for (std::uint64_t seq = 0; seq < 10; ++seq) {
        take({.seq = seq, .ms = static_cast<std::int64_t>(seq), .owner = seq < 4 ? "joe" : "eve"});
    }
    EXPECT_TRUE(verdict().whole());
}

TEST_F(StoredTrailTest, TheSecondLookFillsGapsAndDoublesNothing) {
    take({.seq = 0});
    take({.seq = 2, .ms = 2});
    trail_.look_again();
    for (std::uint64_t seq = 0; seq < 3; ++seq) {
        take({.seq = seq, .ms = static_cast<std::int64_t>(seq)});
    }
    EXPECT_TRUE(verdict().whole());
}

TEST_F(StoredTrailTest, WhatBeganBeforeTheSpanHasNoGapThere) {
    take({.seq = 5, .ms = 5});
    EXPECT_THAT(trail_.headless(), ElementsAre("s"));
    line_.replace(line_.find("\"seq\":5"), 7, "\"seq\":4");
    trail_.take_earlier({kNoonNs, line_, 0});
    EXPECT_FALSE(trail_.misses_any());
    const auto found = verdict();
    EXPECT_TRUE(found.begins_before);
    EXPECT_TRUE(found.whole());
}

TEST_F(StoredTrailTest, RetentionIsForgivenAtTheEdgeAlone) {
    take({.seq = 5, .ms = 5});
    trail_.forgive_beginnings(kNoonNs - 1000, 1000);
    EXPECT_FALSE(verdict().whole());
    trail_.forgive_beginnings(kNoonNs, base::kNanosPerSecond);
    EXPECT_TRUE(verdict().whole());
}

}  // namespace
}  // namespace bridge::verify
