// SPDX-License-Identifier: MIT
#include "bridge/daemon/ack_ledger.h"

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace bridge {
namespace {

/// What stands before a line that ends at `position` in these tests.
tailer::LineCounts counts_at(std::uint64_t position) {
    return {static_cast<std::uint32_t>(position / 2), static_cast<std::uint32_t>(position)};
}

AckLedger::Safe safe_at(std::uint64_t position) { return {position, counts_at(position)}; }

TEST(AckLedgerTest, MovesTheSafeOffsetInOrderOnly) {
    AckLedger ledger;
    for (const std::uint64_t position : {10U, 20U, 30U}) {
        ledger.expect(1, position, counts_at(position));
    }
    EXPECT_EQ(ledger.settle(1, 20), std::nullopt);
    EXPECT_EQ(ledger.settle(1, 10), safe_at(20)) << "over what was settled before its turn";
    EXPECT_EQ(ledger.settle(1, 30), safe_at(30));
}

TEST(AckLedgerTest, KeepsFilesApart) {
    AckLedger ledger;
    ledger.expect(1, 10, counts_at(10));
    ledger.expect(2, 10, counts_at(10));
    EXPECT_EQ(ledger.settle(2, 10), safe_at(10));
    EXPECT_TRUE(ledger.waits_for(1));
    EXPECT_FALSE(ledger.waits_for(2));
}

TEST(AckLedgerTest, CountsWhatIsOpen) {
    AckLedger ledger;
    EXPECT_EQ(ledger.open(), 0U);
    ledger.expect(1, 10, counts_at(10));
    ledger.expect(1, 20, counts_at(20));
    EXPECT_EQ(ledger.open(), 2U);
    ledger.settle(1, 20);
    EXPECT_EQ(ledger.open(), 1U);
    ledger.settle(1, 20);
    EXPECT_EQ(ledger.open(), 1U) << "settled once is enough";
    ledger.settle(1, 10);
    EXPECT_EQ(ledger.open(), 0U);
}

TEST(AckLedgerTest, IgnoresWhatItDoesNotKnow) {
    AckLedger ledger;
    EXPECT_EQ(ledger.settle(1, 10), std::nullopt);
    ledger.expect(1, 10, counts_at(10));
    EXPECT_EQ(ledger.settle(1, 11), std::nullopt);
    EXPECT_EQ(ledger.settle(2, 10), std::nullopt);
    EXPECT_EQ(ledger.open(), 1U);
    EXPECT_FALSE(ledger.waits_for(2));
}

TEST(AckLedgerTest, ForgetsAFileWithAllThatWasExpectedOfIt) {
    AckLedger ledger;
    ledger.expect(1, 10, counts_at(10));
    ledger.expect(1, 20, counts_at(20));
    ledger.expect(2, 10, counts_at(10));
    ledger.settle(1, 10);
    ledger.forget(1);
    EXPECT_FALSE(ledger.waits_for(1));
    EXPECT_EQ(ledger.settle(1, 20), std::nullopt);
    EXPECT_EQ(ledger.open(), 1U);
    ledger.forget(3);
    EXPECT_EQ(ledger.open(), 1U);
}

TEST(AckLedgerTest, TheSafeOffsetIsTheEndOfTheSettledPrefixForAnyOrder) {
    std::mt19937_64 random(5);
    for (int round = 0; round < 200; ++round) {
        AckLedger ledger;
        std::vector<std::uint64_t> positions;
        for (std::uint64_t i = 1; i <= 40; ++i) {
            positions.push_back(i * 7);
            ledger.expect(9, i * 7, counts_at(i * 7));
        }
        std::vector<bool> settled(positions.size());
        std::vector<std::size_t> order(positions.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            order[i] = i;
        }
        std::ranges::shuffle(order, random);
        std::optional<AckLedger::Safe> last;
        for (const std::size_t i : order) {
            if (const auto moved = ledger.settle(9, positions[i])) {
                ASSERT_NE(moved, last);
                last = moved;
            }
            settled[i] = true;
            const auto first_open = std::ranges::find(settled, false) - settled.begin();
            const auto safe =
                first_open == 0
                    ? std::nullopt
                    : std::optional(safe_at(positions[static_cast<std::size_t>(first_open) - 1]));
            ASSERT_EQ(last, safe);
        }
        EXPECT_EQ(ledger.open(), 0U);
        EXPECT_FALSE(ledger.waits_for(9));
    }
}

}  // namespace
}  // namespace bridge
