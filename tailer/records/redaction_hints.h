// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "tailer/records/redaction_rules.h"
#include "tailer/records/token_prefixes.h"

/// Whether a segment may be one of the words or tokens of the tables at all, by three bytes of it:
/// nearly none is, and to look closer takes longer than all else that is done with a URL.
namespace tailer {

/// Letters are the same in both cases; what words are joined with has a number of its own.
inline constexpr std::array<std::uint8_t, 256> kHintClasses = [] {
    std::array<std::uint8_t, 256> classes{};
    for (std::size_t byte = 0; byte < classes.size(); ++byte) {
        const char c = base::lower(static_cast<char>(byte));
        const bool joint = c == '-' || c == '_' || c == '.';
        classes[byte] = joint               ? std::uint8_t{0}
                        : base::is_lower(c) ? static_cast<std::uint8_t>(c - 'a' + 1)
                        : base::is_digit(c) ? static_cast<std::uint8_t>(27 + (c - '0') % 4)
                                            : std::uint8_t{31};
    }
    return classes;
}();

/// A set of three bytes in a row.
class HintSet {
public:
    constexpr void add(char first, char second, char third) {
        const std::size_t at = index(first, second, third);
        bits_[at / kBits] |= std::uint64_t{1} << at % kBits;
    }
    /// The same with any byte in front.
    constexpr void add(char second, char third) {
        for (std::size_t byte = 0; byte < kHintClasses.size(); ++byte) {
            add(static_cast<char>(byte), second, third);
        }
    }
    /// Of three bytes.
    [[nodiscard]] constexpr bool holds(const char* text) const {
        const std::size_t at = index(text[0], text[1], text[2]);
        return (bits_[at / kBits] >> at % kBits & 1U) != 0;
    }
    constexpr HintSet operator|(const HintSet& other) const {
        HintSet both = *this;
        for (std::size_t i = 0; i < both.bits_.size(); ++i) {
            both.bits_[i] |= other.bits_[i];
        }
        return both;
    }

private:
    static constexpr std::size_t kBits = 64;
    static constexpr std::size_t index(char first, char second, char third) {
        const auto of = [](char c) {
            return std::size_t{kHintClasses[static_cast<std::uint8_t>(c)]};
        };
        return of(first) << 10U | of(second) << 5U | of(third);
    }
    std::array<std::uint64_t, 32 * 32 * 32 / kBits> bits_{};
};

inline constexpr HintSet kWordEnds = [] {
    HintSet set;
    const auto add = [&set](std::string_view word) {
        const std::size_t size = word.size();
        if (size < 3) {
            set.add(word[size - 2], word[size - 1]);
        } else {
            set.add(word[size - 3], word[size - 2], word[size - 1]);
        }
    };
    for (const auto& row : rules::kSecretWords) {
        if ((row.in_paths & (rules::kWord | rules::kEnd | rules::kWhole)) != 0) {
            const std::string_view word = row.word;
            add(word);
            set.add(word[word.size() - 2], word[word.size() - 1], 's');
        }
    }
    for (const auto word : rules::kAfterWords) {
        add(word);
    }
    return set;
}();

inline constexpr HintSet kWordBegins = [] {
    HintSet set;
    for (const auto& row : rules::kSecretWords) {
        if ((row.in_paths & rules::kBegin) != 0) {
            set.add(row.word[0], row.word[1], row.word[2]);
        }
    }
    return set;
}();

inline constexpr HintSet kTokenBegins = [] {
    HintSet set;
    for (const auto& row : rules::kTokenPrefixes) {
        set.add(row.prefix[0], row.prefix[1], row.prefix[2]);
    }
    set.add('b', 'o', 't');  // Telegram's bot<number>:
    return set;
}();

/// What a segment or a part of one may begin with, for either.
inline constexpr HintSet kPartBegins = kWordBegins | kTokenBegins;

/// An issuer's token has a prefix of three bytes, and this many behind it.
inline constexpr std::size_t kShortestToken = 7;

constexpr bool hints_at_token(std::string_view text) {
    return text.size() >= kShortestToken && kTokenBegins.holds(text.data());
}

/// A segment without the number at its end: token2, token-v2.
constexpr std::string_view without_number(std::string_view segment) {
    const auto trimmed = [](std::string_view text) {
        while (!text.empty() && (base::is_digit(text.back()) ||
                                 kHintClasses[static_cast<std::uint8_t>(text.back())] == 0)) {
            text.remove_suffix(1);
        }
        return text;
    };
    const std::string_view shorter = trimmed(segment);
    const bool version =
        shorter.size() < segment.size() && shorter.size() > 1 && base::lower(shorter.back()) == 'v';
    return version ? trimmed(shorter.substr(0, shorter.size() - 1)) : shorter;
}

/// `segment` is without_number().
constexpr bool ends_as_word(std::string_view segment) {
    const std::size_t size = segment.size();
    if (size >= 3) {
        return kWordEnds.holds(segment.data() + size - 3);
    }
    const std::array<char, 3> word{'-', segment.empty() ? '-' : segment[0],
                                   size < 2 ? '-' : segment[1]};
    return size == 2 && kWordEnds.holds(word.data());
}

/// The same.
constexpr bool hints_at_word(std::string_view segment) {
    return ends_as_word(segment) || (segment.size() >= 3 && kWordBegins.holds(segment.data()));
}

}  // namespace tailer
