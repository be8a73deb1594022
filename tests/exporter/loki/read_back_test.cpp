// SPDX-License-Identifier: MIT
#include "exporter/loki/read_back.h"

#include <array>
#include <cstdint>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/nanoseconds.h"
#include "tests/support/fake_loki.h"

namespace exporter {
namespace {

using test_support::answered;
using test_support::FakeLoki;
using testing::ElementsAre;

constexpr std::chrono::milliseconds kTimeout{1000};
const std::string kStream = R"({job="boundary"})";

SealedBatch batch_of(const std::vector<std::pair<std::int64_t, std::string>>& rows) {
    Batch batch;
    for (const auto& [timestamp_ns, line] : rows) {
        batch.add({timestamp_ns, line, {}, {}});
    }
    return batch.seal();
}

void store(FakeLoki& loki, std::int64_t timestamp_ns, const std::string& line) {
    loki.store(kStream, {timestamp_ns, line, {}});
}

TEST(ReadBackTest, TellsSlotBySlotWhatIsStored) {
    FakeLoki loki;
    store(loki, 10, "a");
    store(loki, 30, "c");
    const ReadBack answer =
        read_back(loki, kStream, batch_of({{10, "a"}, {20, "b"}, {30, "c"}, {40, "d"}}), kTimeout);
    EXPECT_EQ(answer.state, ReadBack::State::Known);
    EXPECT_THAT(answer.stored, ElementsAre(true, false, true, false));
}

TEST(ReadBackTest, ComparesTimeAndLineBoth) {
    FakeLoki loki;
    store(loki, 10, "a");
    store(loki, 11, "b");
    const ReadBack answer =
        read_back(loki, kStream, batch_of({{10, "b"}, {11, "a"}, {11, "b"}}), kTimeout);
    EXPECT_THAT(answer.stored, ElementsAre(false, false, true));
}

TEST(ReadBackTest, KnowsANumberedEntryByItsLineWhateverTheServersTimestamp) {
    FakeLoki loki;
    const std::array<base::LabelView, 1> number = {base::LabelView{"seq", "7"}};
    Batch batch;
    batch.add({10, "first 7", number, {}});
    batch.add({10, "second 7", number, {}});
    batch.add({10, "third 7", number, {}});
    batch.add({10, "of an older version", {}, {}});
    store(loki, 10, "first 7");
    store(loki, 11, "second 7");
    store(loki, 13, "of an older version");
    const ReadBack answer = read_back(loki, kStream, batch.seal(), kTimeout);
    EXPECT_THAT(answer.stored, ElementsAre(true, true, false, false))
        << "without a number, lines may be equal";
}

TEST(ReadBackTest, ReadsAsManyPagesAsThereAre) {
    FakeLoki loki;
    std::vector<std::pair<std::int64_t, std::string>> rows;
    for (int i = 0; i < 3500; ++i) {
        // Several an instant, so that instants straddle pages.
        rows.emplace_back(i / 3, "line " + std::to_string(i));
        if (i % 7 != 0) {
            store(loki, i / 3, rows.back().second);
        }
    }
    const ReadBack answer = read_back(loki, kStream, batch_of(rows), kTimeout);
    ASSERT_EQ(answer.stored.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(answer.stored[i], i % 7 != 0) << i;
    }
    EXPECT_GE(loki.queries(), 3U);
}

TEST(ReadBackTest, EndsThoughOneInstantFillsAWholePage) {
    FakeLoki loki;
    std::vector<std::pair<std::int64_t, std::string>> rows;
    for (int i = 0; i < 1500; ++i) {
        rows.emplace_back(5, "line " + std::to_string(i));
        store(loki, 5, rows.back().second);
    }
    rows.emplace_back(6, "last");
    store(loki, 6, "last");
    const ReadBack answer = read_back(loki, kStream, batch_of(rows), kTimeout);
    EXPECT_EQ(answer.state, ReadBack::State::Known);
    EXPECT_TRUE(answer.stored.back());
}

TEST(ReadBackTest, TakesTheWholeRangeOfInstants) {
    FakeLoki loki;
    constexpr auto kHighest = std::numeric_limits<std::int64_t>::max();
    constexpr auto kLowest = std::numeric_limits<std::int64_t>::min();
    const ReadBack answer =
        read_back(loki, kStream, batch_of({{kLowest, "a"}, {kHighest, "b"}}), kTimeout);
    EXPECT_EQ(answer.state, ReadBack::State::Known);
    EXPECT_THAT(answer.stored, ElementsAre(false, false));
}

TEST(ReadBackTest, AsksOnlyForWhatItHasNotSeenYet) {
    FakeLoki loki;
    store(loki, 10 * base::kNanosPerSecond, "a");
    store(loki, 30 * base::kNanosPerSecond, "c");
    StoredRows known;
    const auto stored = [&](std::int64_t first, const char* first_line, std::int64_t second,
                            const char* second_line) {
        return read_back(loki, kStream,
                         batch_of({{first * base::kNanosPerSecond, first_line},
                                   {second * base::kNanosPerSecond, second_line}}),
                         kTimeout, &known)
            .stored;
    };
    EXPECT_THAT(stored(10, "a", 20, "b"), ElementsAre(true, false));
    EXPECT_THAT(stored(10, "a", 15, "x"), ElementsAre(true, false));
    EXPECT_EQ(loki.queries(), 1U);
    EXPECT_THAT(stored(20, "b", 30, "c"), ElementsAre(false, true));
    EXPECT_EQ(loki.queries(), 2U);
    EXPECT_THAT(stored(5, "z", 10, "a"), ElementsAre(false, true))
        << "what lies before is asked for anew";
}

struct TroubleCase {
    const char* says;
    Reply reply;
    ReadBack::State state;
};

TEST(ReadBackTest, LooksAheadWhereNothingIsStored) {
    constexpr std::int64_t kHourNs = 3600LL * 1'000'000'000;
    FakeLoki loki;
    constexpr std::int64_t kUnit = 10'000'000;
    store(loki, 35 * kUnit, "stored");
    StoredRows known;
    const auto stored = [&](std::int64_t first_ns, std::int64_t last_ns, const char* line) {
        return read_back(loki, kStream, batch_of({{first_ns, "missing"}, {last_ns, line}}),
                         kTimeout, &known)
            .stored;
    };
    EXPECT_THAT(stored(10 * kUnit, 15 * kUnit, "x"), ElementsAre(false, false));
    EXPECT_EQ(loki.queries(), 1U);
    EXPECT_THAT(stored(17 * kUnit, 20 * kUnit, "x"), ElementsAre(false, false))
        << "not right behind the first";
    EXPECT_EQ(loki.queries(), 2U) << "this one looked ahead";
    EXPECT_THAT(stored(20 * kUnit, 35 * kUnit, "stored"), ElementsAre(false, true));
    EXPECT_THAT(stored(36 * kUnit, kHourNs, "x"), ElementsAre(false, false));
    EXPECT_EQ(loki.queries(), 2U);
    EXPECT_THAT(stored(kHourNs, INT64_MAX, "x"), ElementsAre(false, false));
    EXPECT_EQ(loki.queries(), 3U);
}

TEST(ReadBackTest, KnowsWhetherAskingAgainCanHelp) {
    using State = ReadBack::State;
    const std::string torn = R"({"status":"success","data":{"resultType":"streams","result":[)";
    const TroubleCase cases[] = {
        {"not allowed to query", answered(401), State::Unavailable},
        {"forbidden", answered(403, "queries are not allowed here"), State::Unavailable},
        {"a gateway that passes pushes only", answered(404), State::Unavailable},
        {"the query is refused", answered(400, "too long"), State::Unavailable},
        {"too many queries", answered(429), State::TryLater},
        {"an error of the server", answered(500), State::TryLater},
        {"unavailable", answered(503), State::TryLater},
        {"a time-out of the server", answered(408), State::TryLater},
        {"a redirect", answered(302), State::Unavailable},
        {"a gateway that takes everything", answered(204), State::Unavailable},
        {"no connection", test_support::not_sent(), State::TryLater},
        {"a connection lost", test_support::ambiguous(), State::TryLater},
        {"a page of something else", answered(200, "<html>hello</html>"), State::Unavailable},
        {"an empty page", answered(200, ""), State::Unavailable},
        {"JSON of another kind", answered(200, R"({"data":{"result":5}})"), State::Unavailable},
        {"half an answer", answered(200, torn), State::Unavailable},
        {"values that are no values", answered(200, torn + R"({"values":[[1,2]]}]}})"),
         State::Unavailable},
        {"a timestamp that is no number", answered(200, torn + R"({"values":[["x","y"]]}]}})"),
         State::Unavailable},
        {"a result without values", answered(200, torn + R"({}]}})"), State::Unavailable},
    };
    for (const auto& test : cases) {
        FakeLoki loki;
        loki.answer_next_query(test.reply);
        const ReadBack answer = read_back(loki, kStream, batch_of({{10, "a"}}), kTimeout);
        EXPECT_EQ(answer.state, test.state) << test.says;
        EXPECT_EQ(answer.reply.status, test.reply.status) << test.says;
        EXPECT_EQ(loki.queries(), 1U) << test.says;
    }
}

TEST(ReadBackTest, IsNotSureWhenALaterPageFails) {
    FakeLoki loki;
    std::string page = R"({"data":{"result":[{"values":[)";
    for (int i = 0; i < 1000; ++i) {
        page += (i == 0 ? "" : ",") + std::string(R"([")") + std::to_string(i) + R"(","a"])";
    }
    loki.answer_next_query(answered(200, page + "]}]}}"));
    loki.answer_next_query(answered(503));
    const ReadBack answer = read_back(loki, kStream, batch_of({{0, "a"}, {5000, "b"}}), kTimeout);
    EXPECT_EQ(answer.state, ReadBack::State::TryLater);
}

/// `count` rows, a nanosecond apart from `first_ns` on.
std::string page_of(std::int64_t first_ns, int count, const std::string& line = "a") {
    std::string page = R"({"data":{"result":[{"values":[)";
    for (int i = 0; i < count; ++i) {
        page.append(i == 0 ? "" : ",").append(R"([")").append(std::to_string(first_ns + i));
        page.append(R"(",")").append(line).append(R"("])");
    }
    return page + "]}]}}";
}

TEST(ReadBackTest, AnswersToAnotherQuestionAreNone) {
    constexpr std::int64_t kThen = 50 * base::kNanosPerSecond;
    const std::pair<const char*, std::string> answers[] = {
        {"a page of long ago", page_of(5, 1000)},
        {"some rows of long ago", page_of(5, 3)},
        {"a page of times to come", page_of(9 * kThen, 1000)},
        {"more than was asked for", page_of(kThen, 1001)},
        {"far more", page_of(kThen, 300'000)},
    };
    for (const auto& [says, body] : answers) {
        FakeLoki loki;
        loki.answer_queries(answered(200, body));
        StoredRows known;
        for (int i = 0; i < 11; ++i) {
            const ReadBack answer = read_back(
                loki, kStream, batch_of({{kThen, "a"}, {2 * kThen, "b"}}), kTimeout, &known);
            EXPECT_EQ(answer.state, ReadBack::State::TryLater) << says;
            EXPECT_THAT(answer.reply.error, testing::HasSubstr("no answer")) << says;
        }
        EXPECT_EQ(loki.queries(), 11U) << says;
        EXPECT_TRUE(known.hashes.empty()) << says;
    }
}

/// Always gives a full page that goes on behind the last one, unless it is too large for it.
class EndlessLoki final : public LokiApi {
public:
    Reply push(std::string_view, std::chrono::milliseconds) override { return answered(204); }
    Reply query_range(std::string_view, std::int64_t start_ns, std::int64_t, std::size_t limit,
                      std::chrono::milliseconds) override {
        ++queries;
        if (limit * line_bytes > (4U << 20U)) {
            return answered(500,
                            "rpc error: code = ResourceExhausted desc = grpc: trying to send "
                            "message larger than max (9437184 vs. 4194304)");
        }
        return answered(200,
                        page_of(start_ns, static_cast<int>(limit), std::string(line_bytes, 'x')));
    }
    std::size_t queries = 0;
    std::size_t line_bytes = 1;
};

TEST(ReadBackTest, AnAnswerWithoutAnEndIsHeldAndBounded) {
    EndlessLoki loki;
    StoredRows known;
    const SealedBatch batch = batch_of({{0, "a"}, {INT64_MAX / 2, "b"}});
    for (std::size_t i = 1; i <= 2; ++i) {
        const ReadBack answer = read_back(loki, kStream, batch, kTimeout, &known);
        EXPECT_EQ(answer.state, ReadBack::State::TryLater);
        EXPECT_LE(loki.queries, i * kMostPages);
        EXPECT_LE(known.hashes.size(), 400'000U);
    }
}

TEST(ReadBackTest, WhatIsTooLargeForOneAnswerIsAskedForInSmallerPages) {
    EndlessLoki loki;
    loki.line_bytes = 256U << 10U;  // 256 MiB a page of a thousand
    const ReadBack answer = read_back(loki, kStream, batch_of({{0, "a"}}), kTimeout);
    EXPECT_EQ(answer.state, ReadBack::State::TryLater);
    EXPECT_THAT(answer.reply.error, testing::HasSubstr("too many rows"))
        << "a millisecond of them is more than one call reads, but each page was answered";
    EXPECT_LE(loki.queries, kMostPages);
    loki.line_bytes = 8U << 20U;
    EXPECT_THAT(read_back(loki, kStream, batch_of({{0, "a"}}), kTimeout).reply.error,
                testing::HasSubstr("too large"));
}

}  // namespace
}  // namespace exporter
