// SPDX-License-Identifier: MIT
#include "tailer/records/character_runs.h"

#include <cstddef>

#include "tailer/records/listed.h"
#include "tailer/records/plain_rules.h"

namespace tailer {
namespace {

using base::is_digit;
using base::is_lower;
using base::is_upper;

constexpr std::size_t kLongestWord = 20;
constexpr std::size_t kLongestNumber = 20;

/// 20260609T120000Z
bool is_basic_date_time(std::string_view run) {
    constexpr std::string_view kShape = "00000000T000000Z";
    return run.size() == kShape.size() && std::ranges::equal(run, kShape, [](char c, char shape) {
               return shape == '0' ? is_digit(c) : c == shape;
           });
}

/// Letters in one case, of the length of a word at most: whether they could be spoken.
bool speakable(std::string_view letters) {
    constexpr std::size_t kMostConsonants = 5;  // "Angstschweiss" has more, "strengths" has not
    std::size_t consonants = 0;
    std::size_t vowels = 0;
    std::size_t same = 1;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const char c = base::lower(letters[i]);
        const bool vowel = std::string_view("aeiouy").find(c) != std::string_view::npos;
        consonants = vowel ? 0 : consonants + 1;
        vowels += vowel ? 1U : 0U;
        same = i > 0 && base::lower(letters[i - 1]) == c ? same + 1 : 1;
        if (consonants > kMostConsonants || same > 3) {
            return false;
        }
    }
    return vowels * 6 >= letters.size();
}

}  // namespace

bool starts_with_folded(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           std::ranges::equal(
               text.substr(0, prefix.size()), prefix, {}, [](char c) { return base::lower(c); },
               [](char c) { return base::lower(c); });
}

bool is_word(std::string_view letters) noexcept {
    constexpr std::size_t kShort = 3;
    constexpr std::size_t kSpoken = 8;  // nginx, libgcc, xml: shorter ones need not be speakable
    if (letters.size() <= kShort) {
        return true;
    }
    std::size_t humps = 1;
    std::size_t uppers = 0;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        uppers += is_upper(letters[i]) ? 1U : 0U;
        humps += i > 0 && is_upper(letters[i]) && is_lower(letters[i - 1]) ? 1U : 0U;
    }
    if (humps == 1) {
        if (letters.size() > kLongestWord) {
            return is_listed(rules::kLongWords, letters);
        }
        return letters.size() < kSpoken || speakable(letters);
    }
    const std::size_t lowers = letters.size() - uppers;
    return letters.size() <= 2 * kLongestWord && letters.size() >= humps * 3 &&
           lowers * 2 >= letters.size() && speakable(letters);
}

bool is_odd(std::string_view run) noexcept {
    const auto digits = static_cast<std::size_t>(std::ranges::count_if(run, is_digit));
    const std::size_t letters = run.size() - digits;
    if (letters == 0) {
        return run.size() > kLongestNumber;
    }
    if (digits == 0) {
        return !is_word(run);
    }
    std::size_t turns = 0;
    for (std::size_t i = 1; i < run.size(); ++i) {
        turns += is_digit(run[i]) != is_digit(run[i - 1]) ? 1U : 0U;
    }
    if (turns > 1) {
        return !is_basic_date_time(run);
    }
    // python3, cp312, manylinux2014; 64bit, 2024q
    constexpr std::size_t kShortNumber = 4;
    const std::string_view word =
        is_digit(run.front()) ? run.substr(digits) : run.substr(0, letters);
    return digits > kShortNumber || letters > 14 || !is_word(word);
}

}  // namespace tailer
