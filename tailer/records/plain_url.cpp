// SPDX-License-Identifier: MIT
#include "tailer/records/plain_url.h"

#include <algorithm>
#include <cstdint>

#include "base/byte_scan.h"
#include "base/text.h"
#include "tailer/records/redaction_hints.h"
#include "tailer/records/secret_shape.h"

namespace tailer {
namespace {

using base::scan::kHighs;

/// Marks bytes from `first` to `last`; both are ASCII.
constexpr std::uint64_t between(std::uint64_t word, std::uint8_t first, std::uint8_t last) {
    using namespace base::scan;
    const std::uint64_t low = word & ~kHighs;
    const std::uint64_t from_first = low + kOnes * (0x80U - first);
    const std::uint64_t past_last = low + kOnes * (0x7FU - last);
    return from_first & ~past_last & ~word & kHighs;
}

/// Bytes that stand for nothing behind the first `size` of a word.
constexpr std::uint64_t filler(std::size_t size) { return base::scan::kOnes * '-' << (8 * size); }

constexpr std::uint64_t not_lower_host(std::uint64_t word) {
    return ~(between(word, '.', '9') | between(word, 'a', 'z')) & kHighs;
}
constexpr std::uint64_t not_host(std::uint64_t word) {
    return ~(between(word, '-', ':') | between(word, 'A', '[') | between(word, 'a', 'z')) & kHighs;
}

bool hints_at_nothing(std::string_view segment) {
    return segment.size() < 3 || (!hints_at_word(segment) && !hints_at_token(segment));
}

}  // namespace

bool is_port(std::string_view text) noexcept {
    return text.size() <= 5 && std::ranges::all_of(text, base::is_digit);
}

bool is_plain_path(std::string_view path) noexcept {
    using namespace base::scan;
    std::uint64_t digit_before = 0;
    std::uint64_t letter_before = 0;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < path.size(); at += sizeof(std::uint64_t)) {
        const std::size_t left = path.size() - at;
        const std::uint64_t word = left >= sizeof(std::uint64_t)
                                       ? load(path.data() + at)
                                       : load_few(path.substr(at)) | filler(left);
        const std::uint64_t digit = between(word, '0', '9');
        const std::uint64_t letter = between(word, 'a', 'z');
        const std::uint64_t joint = between(word, '-', '/');
        if ((digit | letter | joint) != kHighs || digit == kHighs || letter == kHighs) {
            return false;
        }
        // From letters to digits or back: python3 is a word, a1b2c3 is none.
        if (((digit & (letter << 8U | letter_before)) | (letter & (digit << 8U | digit_before))) !=
            0) {
            return false;
        }
        digit_before = digit >> 56U;
        letter_before = letter >> 56U;
        for (std::uint64_t slash = between(word, '/', '/'); slash != 0; slash &= slash - 1) {
            const std::size_t end = at + first(slash);
            if (!hints_at_nothing(path.substr(begin, end - begin))) {
                return false;
            }
            begin = end + 1;
        }
    }
    return hints_at_nothing(path.substr(begin));
}

bool is_plain_authority(std::string_view authority) noexcept {
    constexpr std::size_t kShort = 32;
    const std::size_t lower = base::length_before<not_lower_host>(authority);
    const bool ported =
        lower < authority.size() && authority[lower] == ':' && is_port(authority.substr(lower + 1));
    if (authority.size() <= kShort && (lower == authority.size() || ported)) {
        return true;
    }
    if (base::length_before<not_host>(authority) < authority.size()) {
        return false;
    }
    std::string_view rest = authority;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('.'), rest.size());
        if (begins_as_token(rest.substr(0, end))) {
            return false;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const std::size_t colon = authority.find(':');
    return colon == std::string_view::npos || is_port(authority.substr(colon + 1));
}

}  // namespace tailer
