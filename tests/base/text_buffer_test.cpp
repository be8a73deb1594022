// SPDX-License-Identifier: MIT
#include "base/text_buffer.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace base {
namespace {

constexpr std::uint64_t is_comma(std::uint64_t word) { return scan::equal(word, ','); }

std::string some_text(std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
        text += static_cast<char>('A' + i % 58);
    }
    return text;
}

TEST(TextBufferTest, PutsPiecesOfEveryLength) {
    for (std::size_t length = 0; length < 100; ++length) {
        const std::string text = some_text(length);
        TextBuffer buffer;
        buffer.put('x');
        buffer.put(text);
        ASSERT_EQ(buffer.view(), "x" + text);
    }
}

TEST(TextBufferTest, StopsBeforeTheFirstByteThatIsMarked) {
    for (std::size_t length = 0; length < 40; ++length) {
        for (std::size_t at = 0; at <= length; ++at) {
            std::string text = some_text(length);
            if (at < length) {
                text[at] = ',';
            }
            TextBuffer buffer;
            ASSERT_EQ(buffer.put_before<is_comma>(text), at);
            ASSERT_EQ(buffer.view(), text.substr(0, at));
        }
    }
}

TEST(TextBufferTest, LowersLettersAndNothingElse) {
    std::string all;
    std::string lowered;
    for (int byte = 0; byte < 256; ++byte) {
        const bool upper = byte >= 'A' && byte <= 'Z';
        all += static_cast<char>(byte);
        lowered += static_cast<char>(upper ? byte - 'A' + 'a' : byte);
    }
    for (std::size_t begin = 0; begin < all.size(); ++begin) {
        TextBuffer buffer;
        buffer.put_mapped<scan::lower>(std::string_view(all).substr(begin));
        ASSERT_EQ(buffer.view(), std::string_view(lowered).substr(begin));
    }
}

TEST(TextBufferTest, KeepsItsTextWhenItGrowsAndBeginsAnew) {
    TextBuffer buffer;
    std::string expected;
    for (int round = 0; round < 50; ++round) {
        const std::string text = some_text(static_cast<std::size_t>(round) * 7);
        buffer.put(text);
        expected += text;
    }
    EXPECT_EQ(buffer.view(), expected);
    EXPECT_EQ(buffer.size(), expected.size());
    buffer.clear();
    EXPECT_EQ(buffer.view(), "");
}

}  // namespace
}  // namespace base
