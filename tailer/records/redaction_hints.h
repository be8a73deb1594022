// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "tailer/records/redaction_rules.h"

/// Whether a segment may be one of the words or tokens of redaction_rules.h at all, by two bytes of
/// it: nearly none is, and to look closer takes longer than all else that is done with a URL.
namespace tailer {

enum Hint : std::uint8_t { kEndsWord = 1, kBeginsWord = 2, kBeginsToken = 4 };

/// Letters are the same in both cases; what a word is compared without has a number of its own.
inline constexpr std::uint8_t kJoint = 0;
inline constexpr std::array<std::uint8_t, 256> kHintClasses = [] {
    std::array<std::uint8_t, 256> classes{};
    for (std::size_t byte = 0; byte < classes.size(); ++byte) {
        const char c = base::lower(static_cast<char>(byte));
        const bool joint = c == '-' || c == '_' || c == '.';
        classes[byte] = joint               ? kJoint
                        : base::is_lower(c) ? static_cast<std::uint8_t>(c - 'a' + 1)
                        : base::is_digit(c) ? std::uint8_t{30}
                                            : std::uint8_t{31};
    }
    return classes;
}();

constexpr std::size_t hint_index(char first, char second) {
    return std::size_t{kHintClasses[static_cast<std::uint8_t>(first)]} << 5U |
           kHintClasses[static_cast<std::uint8_t>(second)];
}

inline constexpr std::array<std::uint8_t, 1024> kHints = [] {
    std::array<std::uint8_t, 1024> hints{};
    for (std::size_t other = 0; other < 32; ++other) {
        hints[kJoint << 5U | other] = kEndsWord | kBeginsWord;
        hints[other << 5U | kJoint] = kEndsWord | kBeginsWord;
    }
    for (const auto& row : rules::kPathWords) {
        const std::string_view word = row.word;
        const bool begins = row.where == rules::Where::Begin;
        const std::size_t at = begins ? 0 : word.size() - 2;
        hints[hint_index(word[at], word[at + 1])] |= begins ? kBeginsWord : kEndsWord;
    }
    for (const auto& row : rules::kTokenPrefixes) {
        hints[hint_index(row.prefix[0], row.prefix[1])] |= kBeginsToken;
    }
    hints[hint_index('b', 'o')] |= kBeginsToken;  // Telegram's bot<number>:
    return hints;
}();

/// `text` has two bytes at least.
constexpr bool hints_at_token(std::string_view text) {
    return (kHints[hint_index(text[0], text[1])] & kBeginsToken) != 0;
}

/// `segment` has three bytes at least.
constexpr bool hints_at_word(std::string_view segment) {
    const std::size_t size = segment.size();
    return (kHints[hint_index(segment[0], segment[1])] & kBeginsWord) != 0 ||
           (kHints[hint_index(segment[size - 2], segment[size - 1])] & kEndsWord) != 0;
}

}  // namespace tailer
