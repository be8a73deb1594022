// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "base/text.h"
#include "tailer/records/hint_set.h"
#include "tailer/records/redaction_rules.h"
#include "tailer/records/token_prefixes.h"

/// Whether a segment may be one of the words or tokens of the tables at all, by three bytes of it:
/// nearly none is, and to look closer takes longer than all else that is done with a URL.
namespace tailer {

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
constexpr bool ends_as_word(std::string_view segment) { return kWordEnds.holds_end_of(segment); }

/// The same.
constexpr bool hints_at_word(std::string_view segment) {
    return ends_as_word(segment) || (segment.size() >= 3 && kWordBegins.holds(segment.data()));
}

}  // namespace tailer
