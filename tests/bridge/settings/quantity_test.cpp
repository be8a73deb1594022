// SPDX-License-Identifier: MIT
#include "bridge/settings/quantity.h"

#include <gtest/gtest.h>

namespace bridge {
namespace {

using std::chrono::milliseconds;

TEST(QuantityTest, ReadsBytesWithBinaryUnits) {
    const std::pair<const char*, std::uint64_t> cases[] = {
        {"0", 0},
        {"262144", 262'144},
        {"7b", 7},
        {"256KiB", 256U << 10U},
        {"64k", 64U << 10U},
        {"64KB", 64U << 10U},
        {"1 MiB", 1U << 20U},
        {" 3m ", 3U << 20U},
        {"2G", 2ULL << 30U},
        {"2gib", 2ULL << 30U},
        {"18446744073709551615", UINT64_MAX},
        {"17179869183g", 17'179'869'183ULL << 30U},
    };
    for (const auto& [text, bytes] : cases) {
        EXPECT_EQ(parse_bytes(text), bytes) << text;
    }
}

TEST(QuantityTest, RefusesWhatIsNoNumberOfBytes) {
    for (const char* text : {"", " ", "-1", "+1", "1.5M", "k", "1 k k", "1kib!", "0x10", "ten",
                             "1t", "18446744073709551616", "17179869184g", "1e3"}) {
        EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
    }
}

TEST(QuantityTest, ReadsDurationsUpToADay) {
    const std::pair<const char*, milliseconds> cases[] = {
        {"0s", milliseconds(0)},           {"500ms", milliseconds(500)},
        {"1s", milliseconds(1000)},        {"1.5s", milliseconds(1500)},
        {"1m", milliseconds(60'000)},      {" 2h ", milliseconds(7'200'000)},
        {"24h", milliseconds(86'400'000)}, {"0.4ms", milliseconds(0)},
    };
    for (const auto& [text, duration] : cases) {
        EXPECT_EQ(parse_duration(text), duration) << text;
    }
}

TEST(QuantityTest, RefusesWhatIsNoDuration) {
    for (const char* text : {"", "s", "0", "1", "5", "-5", "-1s", "-5x", "1d", "1 s s", "25h",
                             "1e99h", "nans", "infs", "1sec", "one", "0x1s"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
}

TEST(ParseRangeTest, TakesOneUnitUpToAYear) {
    using std::chrono::seconds;
    EXPECT_EQ(parse_range("90s"), seconds(90));
    EXPECT_EQ(parse_range("15m"), seconds(900));
    EXPECT_EQ(parse_range("6h"), seconds(21'600));
    EXPECT_EQ(parse_range("7d"), seconds(604'800));
    for (const char* wrong : {"", "7", "d", "7w", "0d", "-1d", "367d", "1d ", "1.5h", "7d12h",
                              "99999999999999999999d"}) {
        EXPECT_EQ(parse_range(wrong), std::nullopt) << wrong;
    }
}

}  // namespace
}  // namespace bridge
