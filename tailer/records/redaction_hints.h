// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "tailer/records/hint_set.h"
#include "tailer/records/redaction_rules.h"
#include "tailer/records/token_prefixes.h"

/// Whether a segment may be one of the words or tokens of the tables at all, by three bytes of it:
/// nearly none is, and to look closer takes longer than all else that is done with a URL.
namespace tailer {

/// What the letters and digits of a segment may end with that has a word at its end.
inline constexpr HintSet kWordEnds = [] {
    HintSet set;
    for (const auto& row : rules::kSecretWords) {
        if ((row.in_paths & (rules::kWord | rules::kEnd | rules::kWhole)) != 0) {
            const std::string_view word = row.word;
            set.add_end(word);
            set.add(word[word.size() - 2], word[word.size() - 1], 's');
        }
    }
    for (const auto word : rules::kAfterWords) {
        set.add_end(word);
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

/// The first three letters or digits from `at` on, or as many as there are, whatever stands between
/// them.
template <typename Iterator>
constexpr std::string_view first_letters(Iterator at, Iterator end, std::array<char, 3>& room) {
    std::size_t size = 0;
    for (; at != end && size < room.size(); ++at) {
        if (base::is_letter(*at) || base::is_digit(*at)) {
            room[size++] = *at;
        }
    }
    return {room.data(), size};
}

/// Whether a segment may end with a word, leave alone what stands behind that: a number, a version,
/// what no word is made of. token2, token-v2, token~.
constexpr bool ends_as_word(std::string_view segment) {
    while (true) {
        while (!segment.empty() && !base::is_letter(segment.back())) {
            segment.remove_suffix(1);
        }
        std::array<char, 3> room{};
        const std::size_t size = first_letters(segment.rbegin(), segment.rend(), room).size();
        std::ranges::reverse(room.begin(), room.begin() + size);
        if (kWordEnds.holds_end_of({room.data(), size})) {
            return true;
        }
        if (segment.empty() || base::lower(segment.back()) != 'v') {
            return false;
        }
        segment.remove_suffix(1);
    }
}

/// Whether it may end or begin with one.
constexpr bool hints_at_word(std::string_view segment) {
    std::array<char, 3> room{};
    const std::string_view first = first_letters(segment.begin(), segment.end(), room);
    return (first.size() == room.size() && kWordBegins.holds(first.data())) ||
           ends_as_word(segment);
}

}  // namespace tailer
