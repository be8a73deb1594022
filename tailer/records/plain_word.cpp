// SPDX-License-Identifier: MIT
#include "tailer/records/plain_word.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/text.h"
#include "tailer/records/character_runs.h"
#include "tailer/records/plain_shape.h"
#include "tailer/records/secret_shape.h"
#include "tailer/records/secret_words.h"

namespace tailer {

bool is_address(std::string_view word) {
    constexpr std::size_t kLongest = 48;
    constexpr std::size_t kGroup = 5;  // a port
    std::size_t run = 0;
    std::size_t joints = 0;
    for (const char c : word) {
        const bool joint = c == '.' || c == ':';
        joints += joint ? 1U : 0U;
        run = joint || c == '>' || c == '-' ? 0 : run + 1;
        const char folded = base::lower(c);
        const bool digit = base::is_digit(c) || (folded >= 'a' && folded <= 'f');
        if (run > kGroup || (run > 0 && !digit)) {
            return false;
        }
    }
    return joints >= 2 && word.size() <= kLongest && std::ranges::any_of(word, base::is_digit);
}

bool is_host(std::string_view word) {
    if (const std::size_t colon = word.find(':'); colon != std::string_view::npos) {
        const std::string_view port = word.substr(colon + 1);
        if (port.size() > 5 || !std::ranges::all_of(port, base::is_digit)) {
            return false;
        }
        word = word.substr(0, colon);
    }
    if (word == "localhost") {
        return true;
    }
    const std::size_t dot = word.rfind('.');
    if (dot == std::string_view::npos || dot + 2 >= word.size() || word.size() > 253) {
        return false;
    }
    const auto is_letter = [](char c) { return base::lower(c) >= 'a' && base::lower(c) <= 'z'; };
    return std::ranges::all_of(word.substr(dot + 1), is_letter) &&
           std::ranges::all_of(word,
                               [&](char c) {
                                   return is_letter(c) || base::is_digit(c) || c == '.' ||
                                          c == '-' || c == '*';
                               }) &&
           !looks_secret(word);
}

bool is_number(std::string_view word) {
    constexpr std::size_t kLongest = 10;
    return word.size() <= kLongest && std::ranges::any_of(word, base::is_digit) &&
           word.find_first_not_of("0123456789.-+%:") == std::string_view::npos;
}

bool is_spoken(std::string_view word) {
    constexpr std::size_t kShortMix = 4;
    if (word.size() <= kShortMix) {
        return std::ranges::all_of(
            word, [](char c) { return static_cast<std::uint8_t>(c) < 0x80 && c != '%'; });
    }
    return is_plain_name(word) ||
           (word.size() <= 16 &&
            std::ranges::all_of(
                word, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; }) &&
            is_word(word));
}

}  // namespace tailer
