// SPDX-License-Identifier: MIT
#include "exporter/streams/delivery_account.h"

#include <gtest/gtest.h>

#include "tests/exporter/recording_events.h"
#include "tests/support/fake_loki.h"

namespace exporter {
namespace {

using test_support::answered;

class DeliveryAccountTest : public testing::Test {
protected:
    RecordingEvents next_;
    DeliveryAccount account_{next_};
};

TEST_F(DeliveryAccountTest, CountsWhatIsStoredAndWhatIsRejectedAndPassesItOn) {
    account_.on_stored(10, 5000);
    account_.on_stored(1, 10);
    account_.on_rejected("too_far_behind", "detail");
    EXPECT_EQ(account_.stored(), 11U);
    EXPECT_EQ(account_.rejected(), 1U);
    EXPECT_EQ(next_.stored, 11U);
    EXPECT_EQ(next_.rejected.size(), 1U);
}

TEST_F(DeliveryAccountTest, IsHeldFromAReplyThatAsksForAnOperatorUntilSomethingIsStored) {
    account_.on_retry(answered(503), Outcome::Retry);
    EXPECT_FALSE(account_.held().has_value()) << "that goes by itself";
    account_.on_retry(answered(401, "no org id"), Outcome::Hold);
    ASSERT_TRUE(account_.held().has_value());
    EXPECT_EQ(account_.held()->status, 401);
    account_.on_stored(1, 1);
    EXPECT_FALSE(account_.held().has_value());
    EXPECT_EQ(next_.retries.size(), 2U);
}

}  // namespace
}  // namespace exporter
