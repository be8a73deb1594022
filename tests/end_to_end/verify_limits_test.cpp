// SPDX-License-Identifier: MIT
// `boundary-loki verify` where a server is set up otherwise than by default.
#include "tests/end_to_end/verify_fixture.h"

namespace end_to_end {
namespace {

/// Limits that an operator may set, far below what is asked for at first.
class VerifyWithinLimitsTest : public VerifyTest {
protected:
    VerifyWithinLimitsTest()
        : VerifyTest(
              "reject_old_samples: false, max_entries_limit_per_query: 70, "
              "max_query_length: 6h") {}
};

TEST_F(VerifyWithinLimitsTest, AsksInSmallerPieces) {
    begin_ns_ = now_ns() - 40 * kHourNs;
    write_logs(2, 300);
    begin_ns_ = now_ns() - 2 * kHourNs;
    write_logs(2, 300);
    push(rows());
    const auto held = verify_logs({"--json"});
    EXPECT_EQ(held.status, 0) << held.output << held.errors;
    EXPECT_EQ(field(held, "/totals/decisions"), "1200");
    const auto numbers = verify_numbers({"--json"});
    EXPECT_EQ(numbers.status, 0) << numbers.output << numbers.errors;
    EXPECT_EQ(field(numbers, "/totals/decisions"), "1200");
}

/// A server that gives equal timestamps others.
class VerifyMovedTest : public VerifyTest {
protected:
    VerifyMovedTest()
        : VerifyTest("reject_old_samples: false, increment_duplicate_timestamp: true") {}
};

TEST_F(VerifyMovedTest, MovedTimestampsChangeNothing) {
    for (std::size_t session = 0; session < 20; ++session) {
        for (std::size_t i = 0; i < 5; ++i) {
            append_to(logs(), log_name(session), decision_line(begin_ns_, session * 5 + i));
        }
    }
    ASSERT_EQ(run({"replay", logs(), "--loki-url", loki_.url()}).status, 0);
    ASSERT_EQ(run({"replay", logs(), "--loki-url", loki_.url()}).status, 0);
    for (const auto& result : {verify_logs({"--json"}), verify_numbers({"--json"})}) {
        EXPECT_EQ(result.status, 0) << result.output;
        EXPECT_EQ(field(result, "/totals/decisions"), "100");
    }
}

}  // namespace
}  // namespace end_to_end
