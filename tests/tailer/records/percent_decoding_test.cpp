// SPDX-License-Identifier: MIT
#include "tailer/records/percent_decoding.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tailer {
namespace {

TEST(PercentDecodedTest, TakesOffLayerByLayer) {
    constexpr struct {
        std::string_view raw;
        std::string_view text;
    } kRows[] = {
        {"", ""},           {"plain", "plain"}, {"a%20b", "a b"},     {"%41%62", "Ab"},
        {"a%3Fb", "a?b"},   {"a%253Fb", "a?b"}, {"a%25253Fb", "a?b"}, {"a%2525253Fb", "a?b"},
        {"a%%33Fb", "a?b"}, {"%2%35%33F", "?"}, {"%u003F", "?"},      {"%uFF20", "@"},
        {"%zz%", "%zz%"},   {"100%", "100%"},   {"%4", "%4"},
    };
    PercentDecoded decoded;
    for (const auto& row : kRows) {
        decoded.assign(row.raw);
        EXPECT_EQ(decoded.text(), row.text) << row.raw;
        EXPECT_EQ(decoded.raw(0, decoded.text().size()), row.raw);
        EXPECT_FALSE(decoded.deeper()) << row.raw;
    }
}

TEST(PercentDecodedTest, KnowsWhereEachByteStood) {
    PercentDecoded decoded;
    decoded.assign("a%2525z%63d");
    ASSERT_EQ(decoded.text(), "a%zcd");
    EXPECT_EQ(decoded.raw(0, 1), "a");
    EXPECT_EQ(decoded.raw(1, 2), "%2525");
    EXPECT_EQ(decoded.raw(2, 3), "z");
    EXPECT_EQ(decoded.raw(3, 4), "%63");
    EXPECT_EQ(decoded.raw(4, 5), "d");
}

TEST(PercentDecodedTest, SaysSoWhenThereIsMoreBelow) {
    PercentDecoded decoded;
    decoded.assign("a%252525253Fb");
    EXPECT_TRUE(decoded.deeper());
    decoded.assign("plain");
    EXPECT_FALSE(decoded.deeper());
}

TEST(PercentDecodedTest, ReadsWhatLooksLikeAsciiAsThat) {
    PercentDecoded decoded;
    for (const std::string_view text :
         {"a\xEF\xBC\xA0z", "a%EF%BC%A0z", "a%25EF%25BC%25A0z", "a\xEF\xB9\xABz", "a%uFF20z"}) {
        decoded.assign(text);
        EXPECT_EQ(decoded.text(), "a@z");
        EXPECT_EQ(decoded.raw(1, 2), text.substr(1, text.size() - 2));
    }
    decoded.assign("\xEF\xBC\x8F\xE2\x81\x84\xE2\x88\x95\xEF\xBC\x85\x34\x31");
    EXPECT_EQ(decoded.text(), "///A");
    for (const std::string_view text : {"\xEF\xBC", "\xEF\xBC\x80", "\xEF\xBD\x9F", "\xE2\x82\xAC",
                                        "\xEF\x20\x20", "\xEF\xB9\x91"}) {
        decoded.assign(text);
        EXPECT_EQ(decoded.text(), text);
    }
}

}  // namespace
}  // namespace tailer
