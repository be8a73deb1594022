// SPDX-License-Identifier: MIT
#include "tailer/records/secret_shape.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/text.h"
#include "tailer/records/redaction_hints.h"

namespace tailer {
namespace {

using rules::Follows;
using rules::Where;

/// From these lengths on, what is no word is taken for random.
constexpr std::size_t kOddRun = 13;
constexpr std::size_t kOddSum = 16;
constexpr std::size_t kLongestWord = 20;
constexpr std::size_t kLongestNumber = 20;

using base::is_digit;
using base::is_letter;
using base::is_lower;
using base::is_upper;

constexpr bool is_alnum(char c) { return is_letter(c) || is_digit(c); }
constexpr bool is_hex(char c) {
    return is_digit(c) || (base::lower(c) >= 'a' && base::lower(c) <= 'f');
}

bool all(std::string_view text, bool (*is)(char)) {
    return !text.empty() && std::ranges::all_of(text, is);
}

bool is_listed(std::span<const std::string_view> list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

bool starts_with_folded(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           std::ranges::equal(
               text.substr(0, prefix.size()), prefix, {}, [](char c) { return base::lower(c); },
               [](char c) { return base::lower(c); });
}

/// Where the rows of kTokenPrefixes for each first byte begin; they end where the next one's begin.
constexpr std::array<std::uint8_t, 257> kPrefixRows = [] {
    std::array<std::uint8_t, 257> rows{};
    std::size_t row = 0;
    for (std::size_t byte = 0; byte < 256; ++byte) {
        rows[byte] = static_cast<std::uint8_t>(row);
        while (row < std::size(rules::kTokenPrefixes) &&
               static_cast<std::uint8_t>(base::lower(rules::kTokenPrefixes[row].prefix[0])) ==
                   byte) {
            ++row;
        }
    }
    rows[256] = static_cast<std::uint8_t>(row);
    return rows;
}();
static_assert(kPrefixRows[256] == std::size(rules::kTokenPrefixes), "must be sorted");
static_assert(std::size(rules::kTokenPrefixes) < 256);

static_assert(std::ranges::all_of(rules::kPathWords,
                                  [](const auto& row) { return row.word.size() <= 8; }));

constexpr std::size_t kUuid = 36;  // RFC 9562

bool begins_with_uuid(std::string_view text) {
    if (text.size() < kUuid || (text.size() > kUuid && is_alnum(text[kUuid]))) {
        return false;
    }
    for (std::size_t i = 0; i < kUuid; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex(text[i])) {
            return false;
        }
    }
    return true;
}

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

/// Whether a run of letters and digits is none that people write.
bool is_odd(std::string_view run) {
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

/// Letters and digits that are no technical word, such as oauth2.
bool is_mixed(std::string_view run) {
    constexpr std::size_t kShort = 4;
    return run.size() > kShort && std::ranges::any_of(run, is_digit) &&
           std::ranges::any_of(run, is_letter) && !is_listed(rules::kTechnicalWords, run) &&
           !is_listed(rules::kHarmlessValues, run);
}

/// Calls `visit` with each run of letters and digits, and with UUIDs as such, until it says true.
template <typename Visit>
bool any_run(std::string_view text, Visit visit) {
    for (std::size_t at = 0; at < text.size();) {
        if (!is_alnum(text[at])) {
            ++at;
            continue;
        }
        if (begins_with_uuid(text.substr(at))) {
            at += kUuid;
            continue;
        }
        std::size_t end = at + 1;
        while (end < text.size() && is_alnum(text[end])) {
            ++end;
        }
        if (visit(text.substr(at, end - at), at)) {
            return true;
        }
        at = end;
    }
    return false;
}

/// v1.2.3, 2.0, 59
bool is_version(std::string_view text, std::size_t most, std::size_t most_digits = 8) {
    if (text.starts_with('v') || text.starts_with('V')) {
        text.remove_prefix(1);
    }
    if (text.empty() || text.size() > most || text.back() == '.') {
        return false;
    }
    std::size_t digits = 0;
    for (const char c : text) {
        digits = c == '.' ? 0 : digits + 1;
        if ((c != '.' && !is_digit(c)) || digits > most_digits ||
            (c == '.' && text.front() == '.')) {
            return false;
        }
    }
    return true;
}

/// 2026-06-09, 2026-06-09T12:00:00Z, and with parts of seconds and a zone.
bool is_date(std::string_view text) {
    constexpr std::string_view kDate = "0000-00-00";
    constexpr std::string_view kTime = "T00:00:00";
    const auto fits = [](std::string_view part, std::string_view shape) {
        return part.size() == shape.size() && std::ranges::equal(part, shape, [](char c, char s) {
                   return s == '0' ? is_digit(c) : c == s || (s == 'T' && c == ' ');
               });
    };
    if (!fits(text.substr(0, kDate.size()), kDate)) {
        return false;
    }
    text.remove_prefix(kDate.size());
    if (text.empty()) {
        return true;
    }
    if (!fits(text.substr(0, kTime.size()), kTime)) {
        return false;
    }
    text.remove_prefix(kTime.size());
    if (text.starts_with('.')) {
        const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
        if (end > 10) {
            return false;
        }
        text.remove_prefix(end);
    }
    return text.empty() || text == "Z" || fits(text, "+00:00") || fits(text, "-00:00");
}

/// Numbers as people write them into addresses: 20, -1, 1.5, 1,2,3, 0-499.
bool is_short_number(std::string_view text) {
    constexpr std::ptrdiff_t kMostDigits = 8;
    const auto digits = std::ranges::count_if(text, is_digit);
    return digits > 0 && digits <= kMostDigits && text.size() <= 16 &&
           text.find_first_not_of("0123456789+-.,") == std::string_view::npos;
}

/// Words in lower case, joined by one byte each.
bool is_few_words(std::string_view text) {
    constexpr std::size_t kMostBytes = 24;
    constexpr std::size_t kMostWords = 4;
    constexpr std::size_t kWordBytes = 12;
    if (text.starts_with('-')) {
        text.remove_prefix(1);  // sort=-created
    }
    if (text.empty() || text.size() > kMostBytes) {
        return false;
    }
    for (std::size_t words = 1; words <= kMostWords; ++words) {
        std::size_t end = 0;
        while (end < text.size() && is_lower(text[end])) {
            ++end;
        }
        if (end == 0 || end > kWordBytes || !is_word(text.substr(0, end))) {
            return false;
        }
        if (end == text.size()) {
            return true;
        }
        if (std::string_view("-_.,/+ ").find(text[end]) == std::string_view::npos) {
            return false;
        }
        text.remove_prefix(end + 1);
    }
    return false;
}

/// en-US
bool is_locale(std::string_view text) {
    return text.size() == 5 && all(text.substr(0, 2), is_lower) &&
           (text[2] == '-' || text[2] == '_') && all(text.substr(3), is_upper);
}

/// A word's bytes as a number, the last one lowest, and the bits that count of such a number.
struct PackedWord {
    std::uint64_t bytes = 0;
    std::uint64_t mask = 0;
};

constexpr auto kPackedWords = [] {
    std::array<PackedWord, std::size(rules::kPathWords)> packed{};
    for (std::size_t row = 0; row < packed.size(); ++row) {
        for (const char c : rules::kPathWords[row].word) {
            packed[row].bytes = packed[row].bytes << 8U | static_cast<std::uint8_t>(c);
            packed[row].mask = packed[row].mask << 8U | 0xFFU;
        }
    }
    return packed;
}();

/// A segment without `-`, `_` and `.`, in lower case: its last eight bytes, the last one lowest;
/// and its first ones, to be compared with a word of any length.
struct Ends {
    std::uint64_t back = 0;
    std::array<std::uint64_t, 9> front{};  ///< by the number of bytes
    std::size_t size = 0;

    explicit Ends(std::string_view segment) {
        for (const char c : segment) {
            if (c == '-' || c == '_' || c == '.') {
                continue;
            }
            back = back << 8U | static_cast<std::uint8_t>(base::lower(c));
            ++size;
            if (size < front.size()) {
                front[size] = back;
            }
        }
    }
};

}  // namespace

bool begins_as_token(std::string_view text) noexcept {
    if (text.size() < 2 || !hints_at_token(text)) {
        return false;
    }
    const auto first = static_cast<std::uint8_t>(base::lower(text.front()));
    for (std::size_t row = kPrefixRows[first]; row < kPrefixRows[first + 1U]; ++row) {
        const auto& [prefix, rest, source] = rules::kTokenPrefixes[row];
        if (text.size() < prefix.size() + rest || !starts_with_folded(text, prefix)) {
            continue;
        }
        // A word that goes on, `private-networks-of-ours`, is none of an issuer's.
        const std::string_view behind = text.substr(prefix.size());
        std::size_t run = 0;
        while (run < behind.size() && (is_alnum(behind[run]) || behind[run] == '-' ||
                                       behind[run] == '_' || behind[run] == '.')) {
            ++run;
        }
        const bool common = rest >= rules::TokenPrefix::kCommon || is_letter(prefix.back());
        if (run >= rest && !(common && is_plain_name(text.substr(0, prefix.size() + run)))) {
            return true;
        }
    }
    // Telegram Bot API: /bot<number>:<secret>/method
    if (starts_with_folded(text, "bot")) {
        std::size_t at = 3;
        while (at < text.size() && is_digit(text[at])) {
            ++at;
        }
        return at > 3 && at < text.size() && text[at] == ':';
    }
    return false;
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
        return letters.size() <= kLongestWord && (letters.size() < kSpoken || speakable(letters));
    }
    const std::size_t lowers = letters.size() - uppers;
    return letters.size() <= 2 * kLongestWord && letters.size() >= humps * 3 &&
           lowers * 2 >= letters.size() && speakable(letters);
}

bool looks_secret(std::string_view text) noexcept {
    std::size_t odd = 0;
    std::string_view before;
    return any_run(text, [&](std::string_view run, std::size_t at) {
        // token-hunter2
        const bool named = is_mixed(run) && is_secret_name(before);
        before = run;
        if (named || begins_as_token(text.substr(at))) {
            return true;
        }
        if (!is_odd(run)) {
            return false;
        }
        odd += run.size();
        return run.size() >= kOddRun || odd >= kOddSum;
    });
}

bool is_plain_name(std::string_view text) noexcept {
    constexpr std::size_t kLongest = 48;
    if (text.size() > kLongest) {
        return false;
    }
    if (is_version(text, 12, 4) || is_listed(rules::kHarmlessValues, text) ||
        is_listed(rules::kTechnicalWords, text)) {
        return true;
    }
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && is_letter(text[end])) {
            ++end;
        }
        const std::string_view word = text.substr(at, end - at);
        const bool shouted = word.size() > 5 && all(word, is_upper);
        if (shouted || !is_word(word)) {
            return false;
        }
        if (end < text.size() &&
            std::string_view("-_.*@+~").find(text[end]) == std::string_view::npos) {
            return false;
        }
        at = end + 1;
    }
    return true;
}

bool is_harmless_value(std::string_view text) noexcept {
    constexpr std::size_t kLongest = 32;
    if (text.empty()) {
        return true;
    }
    return text.size() <= kLongest && !begins_as_token(text) &&
           (is_short_number(text) || is_few_words(text) || is_version(text, 10) || is_date(text) ||
            is_locale(text) || is_listed(rules::kHarmlessValues, text));
}

bool is_secret_name(std::string_view name) noexcept {
    constexpr std::size_t kLongest = 128;
    name = name.substr(0, kLongest);
    std::array<char, kLongest> folded{};
    std::size_t size = 0;
    std::size_t word = 0;
    const auto word_ends = [&](std::size_t end) {
        const std::string_view text(folded.data() + word, end - word);
        word = end;
        const bool numbered = !text.empty() && is_digit(text.back());
        return is_listed(rules::kSecretNames,
                         numbered ? text.substr(0, text.find_last_not_of("0123456789") + 1) : text);
    };
    // Letters and digits only; a word ends at anything else, and where CamelCase begins one.
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool hump = i > 0 && is_upper(c) && is_lower(name[i - 1]);
        if ((hump || !is_alnum(c)) && word_ends(size)) {
            return true;
        }
        if (is_alnum(c)) {
            folded[size++] = base::lower(c);
        }
    }
    if (word_ends(size)) {
        return true;
    }
    const std::string_view whole(folded.data(), size);
    return is_listed(rules::kSecretNames, whole) ||
           std::ranges::any_of(rules::kSecretNameParts, [whole](std::string_view part) {
               return whole.find(part) != std::string_view::npos;
           });
}

bool is_readable_name(std::string_view name) noexcept {
    constexpr std::size_t kLongest = 48;
    if (name.empty() || name.size() > kLongest || begins_as_token(name)) {
        return name.empty();
    }
    std::size_t odd = 0;
    const bool strange = any_run(name, [&](std::string_view run, std::size_t) {
        odd += is_odd(run) ? run.size() : 0U;
        return odd > 8;
    });
    const bool number = is_digit(name.front()) && name.size() > 4;
    return !strange && !number && std::ranges::all_of(name, [](char c) {
        return is_alnum(c) || std::string_view("_.-[]$*!~:@ ").find(c) != std::string_view::npos;
    });
}

Follows follows_segment(std::string_view segment) noexcept {
    if (segment.size() < 3 || !hints_at_word(segment)) {
        return Follows::Nothing;
    }
    const Ends ends(segment);
    Follows follows = Follows::Nothing;
    for (std::size_t i = 0; i < kPackedWords.size(); ++i) {
        const rules::PathWord& row = rules::kPathWords[i];
        const std::size_t size = row.word.size();
        if (ends.size < size || (row.where == Where::Whole && ends.size != size)) {
            continue;
        }
        const std::uint64_t part = row.where == Where::Begin ? ends.front.at(size) : ends.back;
        if ((part & kPackedWords[i].mask) == kPackedWords[i].bytes) {
            follows = std::max(follows, row.follows);
        }
    }
    return follows;
}

bool is_verb(std::string_view segment) noexcept {
    return std::ranges::any_of(rules::kVerbs, [segment](std::string_view verb) {
        return segment.size() == verb.size() && starts_with_folded(segment, verb);
    });
}

}  // namespace tailer
