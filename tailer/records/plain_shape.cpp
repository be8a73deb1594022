// SPDX-License-Identifier: MIT
#include "tailer/records/plain_shape.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"
#include "tailer/records/character_runs.h"
#include "tailer/records/listed.h"
#include "tailer/records/plain_rules.h"
#include "tailer/records/secret_shape.h"
#include "tailer/records/secret_words.h"

namespace tailer {
namespace {

using base::is_digit;
using base::is_letter;
using base::is_lower;
using base::is_upper;

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

/// 90, 5m, 1h30m, 1.5s, 24h, 7d
bool is_duration(std::string_view text) {
    constexpr std::size_t kLongest = 12;
    constexpr std::string_view kUnits[] = {"ns", "us", "ms", "s", "m", "h", "d", "w", "y"};
    if (text.empty() || text.size() > kLongest) {
        return false;
    }
    while (!text.empty()) {
        const std::size_t number = std::min(text.find_first_not_of("0123456789."), text.size());
        text.remove_prefix(number);
        const std::size_t letters = std::min(text.find_first_of("0123456789."), text.size());
        if (number == 0 || number > 6 || !is_listed(kUnits, text.substr(0, letters))) {
            return false;
        }
        text.remove_prefix(letters);
    }
    return true;
}

/// now, now-6h
bool is_relative_time(std::string_view text) {
    constexpr std::string_view kNow = "now";
    if (!text.starts_with(kNow)) {
        return false;
    }
    text.remove_prefix(kNow.size());
    return text.empty() ||
           ((text.front() == '-' || text.front() == '+') && is_duration(text.substr(1)));
}

/// Seconds since 1970 and their thousandths, millionths and billionths, from 2014 to 2033.
bool is_unix_time(std::string_view text) {
    const std::size_t digits = std::min(text.find('.'), text.size());
    const bool sized =
        digits == 10 || ((digits == 13 || digits == 16 || digits == 19) && digits == text.size());
    return sized && text.size() <= 20 && text.substr(0, 2) >= "14" && text.substr(0, 2) <= "19" &&
           text.find_first_not_of("0123456789.") == std::string_view::npos &&
           std::ranges::count(text, '.') <= 1;
}

/// Distribution's token server: repository:library/alpine:pull,push
bool is_registry_scope(std::string_view text) {
    constexpr std::string_view kRepository = "repository:";
    constexpr std::string_view kActions[] = {"pull", "push", "delete", "*", "pull,push"};
    const std::size_t colon = text.rfind(':');
    if (!text.starts_with(kRepository) || colon < kRepository.size() || text.size() > 120) {
        return false;
    }
    const std::string_view name = text.substr(kRepository.size(), colon - kRepository.size());
    for (std::size_t at = 0; at < name.size();) {
        const std::size_t end = std::min(name.find('/', at), name.size());
        if (!is_plain_name(name.substr(at, end - at))) {
            return false;
        }
        at = end + 1;
    }
    return is_listed(kActions, text.substr(colon + 1));
}

}  // namespace

bool is_plain_name(std::string_view text) noexcept {
    constexpr std::size_t kLongest = 48;
    constexpr std::size_t kShortNumber = 2;
    constexpr std::string_view kJoints = "-_.*@+~";
    if (text.size() > kLongest) {
        return false;
    }
    if (is_version(text, 12, 4) || is_listed(rules::kHarmlessValues, text)) {
        return true;
    }
    if (text == "*" || is_grouped_secret(text)) {
        return text == "*";
    }
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(kJoints, at), text.size());
        const std::string_view word = text.substr(at, end - at);
        const std::string_view number = word.substr(word.starts_with('v') ? 1 : 0);
        const bool shouted = word.size() > 5 && all(word, is_upper);
        const bool plain = word.empty() || (all(word, is_letter) && !shouted && is_word(word)) ||
                           (number.size() <= kShortNumber && all(number, is_digit)) ||
                           is_listed(rules::kTechnicalWords, word);
        if (!plain) {
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
    if (text.size() > kLongest) {
        return is_registry_scope(text);
    }
    return !begins_as_token(text) &&
           (is_short_number(text) || is_few_words(text) || is_version(text, 10) || is_date(text) ||
            is_locale(text) || is_duration(text) || is_relative_time(text) || is_unix_time(text) ||
            is_registry_scope(text) || is_listed(rules::kHarmlessValues, text));
}

namespace {

/// A part of a name with letters and digits in it: p1, utf8, address2, key1.
bool is_numbered_name(std::string_view run) {
    constexpr std::size_t kShort = 3;
    constexpr std::size_t kShortNumber = 2;
    const std::size_t letters = std::min(run.find_first_of("0123456789"), run.size());
    const std::string_view stem = run.substr(0, letters);
    const std::string_view number = run.substr(letters);
    return run.size() <= kShort || is_listed(rules::kTechnicalWords, run) ||
           is_listed(rules::kHarmlessValues, run) ||
           (number.size() <= kShortNumber && all(number, is_digit) &&
            (letters <= kShort || is_secret_name(stem) || is_listed(rules::kNumberedNames, stem)));
}

/// A word, or a few short ones: orgId, pageNo.
bool is_name_of_letters(std::string_view run) {
    constexpr std::size_t kShort = 8;
    constexpr std::ptrdiff_t kMostCapitals = 2;
    return all(run, is_letter) &&
           (is_word(run) || (run.size() < kShort &&
                             std::ranges::count_if(run.substr(1), is_upper) <= kMostCapitals));
}

}  // namespace

bool is_readable_name(std::string_view name) noexcept {
    constexpr std::size_t kLongest = 48;
    constexpr std::size_t kLongestIndex = 3;
    constexpr std::string_view kJoints = "_.-[]$*~ ";
    if (name.size() > kLongest || looks_secret(name)) {
        return false;
    }
    for (std::size_t at = 0; at < name.size();) {
        if (begins_with_uuid(name.substr(at))) {
            return false;
        }
        const std::size_t end = std::min(name.find_first_of(kJoints, at), name.size());
        const std::string_view run = name.substr(at, end - at);
        const bool plain = run.empty() || is_name_of_letters(run) ||
                           (all(run, is_digit) && run.size() <= kLongestIndex) ||
                           (all(run, is_alnum) && !all(run, is_digit) && is_numbered_name(run));
        if (!plain) {
            return false;
        }
        at = end + 1;
    }
    return true;
}

bool is_method(std::string_view method) noexcept {
    return std::ranges::any_of(rules::kMethods, [method](std::string_view known) {
        return known.size() == method.size() && starts_with_folded(method, known);
    });
}

}  // namespace tailer
