// SPDX-License-Identifier: MIT
#include "tailer/records/secret_shape.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/byte_set.h"
#include "base/text.h"
#include "tailer/records/character_runs.h"
#include "tailer/records/listed.h"
#include "tailer/records/plain_rules.h"
#include "tailer/records/redaction_hints.h"
#include "tailer/records/secret_words.h"

namespace tailer {
namespace {

using base::is_digit;
using base::is_letter;
using base::is_upper;
using rules::Body;

/// From these lengths on, what is no word is taken for random.
constexpr std::size_t kOddRun = 13;
constexpr std::size_t kOddSum = 16;

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

static_assert(std::ranges::all_of(rules::kTokenPrefixes, [](const auto& row) {
    return row.prefix.size() >= 3 && row.prefix.size() + row.rest >= kShortestToken;
}));

/// Letters and digits that are no technical word, such as oauth2.
bool is_mixed(std::string_view run) {
    constexpr std::size_t kShort = 4;
    return run.size() > kShort && std::ranges::any_of(run, is_digit) &&
           std::ranges::any_of(run, is_letter) && !is_listed(rules::kTechnicalWords, run) &&
           !is_listed(rules::kHarmlessValues, run);
}

/// Bytes of runs that nobody writes: shouted letters count, too.
std::size_t random_bytes(std::string_view text) {
    constexpr std::size_t kShouted = 8;
    std::size_t odd = 0;
    any_run(text, [&odd](std::string_view run, std::size_t) {
        const bool shouted = run.size() >= kShouted && all(run, is_upper);
        odd += shouted || is_odd(run) ? run.size() : 0;
        return false;
    });
    return odd;
}

/// A short run that stands alone: whether it changes between small, capital and digits as no word
/// does.
bool is_short_secret(std::string_view run) {
    constexpr std::size_t kShortest = 8;
    if (run.size() < kShortest || !is_odd(run)) {
        return false;
    }
    const auto kind = [](char c) { return is_digit(c) ? 2 : is_upper(c) ? 1 : 0; };
    std::size_t turns = 0;
    for (std::size_t i = 1; i < run.size(); ++i) {
        const bool capital = kind(run[i - 1]) == 1 && kind(run[i]) == 0;
        turns += kind(run[i]) != kind(run[i - 1]) && !capital ? 1U : 0U;
    }
    if (!std::ranges::any_of(run, is_digit)) {
        return turns * 3 >= run.size();  // GitHubCLI has two
    }
    // Kubernetes: v1alpha1, v2beta10
    for (const std::string_view stage : {"alpha", "beta"}) {
        const std::size_t at = run.find(stage);
        if (run.front() == 'v' && at != std::string_view::npos &&
            all(run.substr(1, at - 1), is_digit) && all(run.substr(at + stage.size()), is_digit)) {
            return false;
        }
    }
    const bool shouted = std::ranges::none_of(run, base::is_lower);
    return turns >= (shouted ? 2U : 3U) && !is_listed(rules::kTechnicalWords, run);
}

/// ISO/IEC 7812: what the digits of a payment card's number come to.
bool is_card_number(std::string_view digits) {
    constexpr std::size_t kAmex = 15;
    constexpr std::size_t kOthers = 16;
    const char first = digits.empty() ? '0' : digits.front();
    const bool sized = digits.size() == kOthers
                           ? first == '4' || first == '5' || first == '2' || first == '6'
                           : digits.size() == kAmex && first == '3';
    if (!sized) {
        return false;
    }
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        int digit = digits[digits.size() - 1 - i] - '0';
        if (i % 2 == 1) {
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        }
        sum += digit;
    }
    return sum % 10 == 0;
}

/// The only run of letters and digits in `text`, but for the end of a document's name.
std::string_view lone_run(std::string_view text) {
    constexpr std::string_view kEnds[] = {".json", ".xml", ".ics", ".pdf", ".txt", ".html", ".csv"};
    for (const std::string_view end : kEnds) {
        text = text.substr(0, text.size() - (text.ends_with(end) ? end.size() : 0));
    }
    const auto* const begin = std::ranges::find_if(text, is_alnum);
    text.remove_prefix(static_cast<std::size_t>(begin - text.begin()));
    const auto* const end = std::ranges::find_if_not(text, is_alnum);
    const bool alone = std::ranges::none_of(end, text.end(), is_alnum);
    return alone ? text.substr(0, static_cast<std::size_t>(end - text.begin()))
                 : std::string_view{};
}

}  // namespace

bool is_grouped_secret(std::string_view text) noexcept {
    static constexpr base::ByteSet kJoints("-_ ");
    constexpr std::size_t kMostGroups = 10;
    std::array<char, 20> digits{};
    std::size_t digit_count = 0;
    std::size_t groups = 0;
    std::size_t mixed = 0;
    std::size_t spoken = 0;
    bool letters = false;
    bool numbers = false;
    constexpr std::size_t kLongest = 8;
    const std::size_t size = kJoints.first_in(text.substr(0, kLongest + 1));
    if (size < 3 || size > kLongest || size == text.size()) {
        return false;
    }
    for (std::size_t at = 0; at < text.size(); at += size + 1, ++groups) {
        const std::string_view group = text.substr(at, size);
        if (group.size() < size || groups == kMostGroups ||
            (at + size < text.size() && text[at + size] != text[size])) {
            return false;
        }
        std::size_t digits_here = 0;
        for (const char c : group) {
            if (is_digit(c)) {
                if (digit_count < digits.size()) {
                    digits[digit_count] = c;
                }
                ++digit_count;
                ++digits_here;
            } else if (!is_upper(c)) {
                return false;
            }
        }
        letters = letters || digits_here < size;
        numbers = numbers || digits_here > 0;
        mixed += digits_here > 0 && digits_here < size ? 1U : 0U;
        spoken +=
            digits_here == 0 && group.find_first_of("AEIOUY") != std::string_view::npos ? 1U : 0U;
    }
    if (!letters) {
        return is_card_number({digits.data(), std::min(digit_count, digits.size())});
    }
    const bool unspoken = !numbers && spoken == 0 && size >= 4;
    return groups > 1 && (mixed > 0 || unspoken || (groups > 2 && numbers));
}

bool begins_as_token(std::string_view text) noexcept {
    if (!hints_at_token(text)) {
        return false;
    }
    const auto first = static_cast<std::uint8_t>(base::lower(text.front()));
    for (std::size_t row = kPrefixRows[first]; row < kPrefixRows[first + 1U]; ++row) {
        const auto& [prefix, rest, body, source] = rules::kTokenPrefixes[row];
        if (text.size() < prefix.size() + rest || !starts_with_folded(text, prefix)) {
            continue;
        }
        const std::string_view behind = text.substr(prefix.size());
        const auto* const stop = std::ranges::find_if_not(behind, [](char c) {
            return is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '~' || c == '+' ||
                   c == '=';
        });
        const auto run = static_cast<std::size_t>(stop - behind.begin());
        // Where the prefix ends with a letter, a word may go on behind it.
        const std::string_view token =
            is_letter(prefix.back()) ? text.substr(0, prefix.size() + run) : behind.substr(0, run);
        constexpr std::size_t kRandom = 8;
        if (run >= rest && (body == Body::Any || (body == Body::Uuid && begins_with_uuid(behind)) ||
                            (body == Body::Random && random_bytes(token) >= kRandom))) {
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

bool looks_secret(std::string_view text) noexcept {
    std::size_t odd = 0;
    std::string_view before;
    const bool found = any_run(text, [&](std::string_view run, std::size_t at) {
        // token-hunter2, pin-1234
        constexpr std::size_t kPin = 4;
        const bool last = at + run.size() == text.size();
        const bool named = (is_mixed(run) && is_secret_name(before)) ||
                           (last && run.size() >= kPin && all(run, is_digit) &&
                            follows_segment(before) >= rules::Follows::Secret);
        before = run;
        if (named || begins_as_token(text.substr(at)) ||
            is_card_number(all(run, is_digit) ? run : "")) {
            return true;
        }
        if (!is_odd(run)) {
            return false;
        }
        odd += run.size();
        return run.size() >= kOddRun || odd >= kOddSum;
    });
    return found || (odd > 0 && is_short_secret(lone_run(text))) || is_grouped_secret(text);
}

bool is_secret_label(std::string_view label) noexcept {
    constexpr std::size_t kShort = 16;
    constexpr std::string_view kPunycode = "xn--";  // RFC 3492: words of other scripts
    if (label.size() < kShort) {
        return begins_as_token(label);
    }
    return !starts_with_folded(label, kPunycode) && looks_secret(label);
}

}  // namespace tailer
