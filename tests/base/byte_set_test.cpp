// SPDX-License-Identifier: MIT
#include "base/byte_set.h"

#include <gtest/gtest.h>

namespace base {
namespace {

using namespace std::string_view_literals;

TEST(ByteSetTest, FindsTheFirstOfItsBytes) {
    constexpr ByteSet kEnds("?#");
    EXPECT_EQ(kEnds.first_in("a#b?c"), 1U);
    EXPECT_EQ(kEnds.first_in("?"), 0U);
    EXPECT_EQ(kEnds.first_in("none"), 4U);
    EXPECT_EQ(kEnds.first_in(""), 0U);
}

TEST(ByteSetTest, HoldsAnyByte) {
    constexpr ByteSet kOdd("\0\x7F\xFF"sv);
    for (int byte = 0; byte < 256; ++byte) {
        EXPECT_EQ(kOdd.holds(static_cast<char>(byte)), byte == 0 || byte == 0x7F || byte == 0xFF);
    }
    EXPECT_EQ(kOdd.first_in("a\0"sv), 1U);
    EXPECT_EQ(ByteSet("").first_in("a"), 1U);
}

}  // namespace
}  // namespace base
