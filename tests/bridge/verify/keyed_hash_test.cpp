// SPDX-License-Identifier: MIT
#include "bridge/verify/keyed_hash.h"

#include <string>

#include <gtest/gtest.h>

namespace bridge::verify {
namespace {

/// From the appendix of the SipHash paper: key and message count up from 0.
TEST(KeyedHashTest, IsSipHash) {
    const KeyedHash hash(0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL);
    std::string text;
    for (char c = 0; c < 15; ++c) {
        text += c;
    }
    EXPECT_EQ(hash.of(text), 0xa129ca6149be45e5ULL);
    EXPECT_EQ(hash.of(""), 0x726fdb47dd0e0e31ULL);
}

TEST(KeyedHashTest, EachProcessHasItsOwnKey) {
    EXPECT_NE(KeyedHash().of("line"), KeyedHash().of("line"));
}

}  // namespace
}  // namespace bridge::verify
