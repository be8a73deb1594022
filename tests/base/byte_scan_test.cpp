// SPDX-License-Identifier: MIT
#include "base/byte_scan.h"

#include <cstdint>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace base {
namespace {

constexpr std::uint64_t marked(std::uint64_t word) {
    return scan::below(word, 0x21) | scan::equal(word, '"') | scan::equal(word, '\x7F') |
           scan::not_ascii(word);
}
bool is_marked(char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte < 0x21 || c == '"' || byte == 0x7F || byte >= 0x80;
}

TEST(ByteScanTest, FindsEachByteAtEachPlace) {
    for (std::size_t length = 0; length < 20; ++length) {
        EXPECT_EQ(length_before<marked>(std::string(length, 'a')), length);
        for (std::size_t at = 0; at < length; ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(length, 'a');
                text[at] = static_cast<char>(byte);
                ASSERT_EQ(length_before<marked>(text), is_marked(text[at]) ? at : length)
                    << "byte " << byte << " at " << at << " of " << length;
            }
        }
    }
}

TEST(ByteScanTest, FindsTheFirstOfManyAsALoopDoes) {
    std::mt19937_64 random(3);
    for (int round = 0; round < 20'000; ++round) {
        std::string text(random() % 40, ' ');
        for (char& c : text) {
            // Neighbours of the limits, where a carry would show.
            constexpr char kBytes[] = {'\0', '\x20', '!', '"', '#', '~', '\x7F', '\x80', '\xFF'};
            c = random() % 3 == 0 ? kBytes[random() % sizeof kBytes] : 'a';
        }
        std::size_t expected = 0;
        while (expected < text.size() && !is_marked(text[expected])) {
            ++expected;
        }
        ASSERT_EQ(length_before<marked>(text), expected);
    }
}

}  // namespace
}  // namespace base
