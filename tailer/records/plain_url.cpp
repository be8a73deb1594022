// SPDX-License-Identifier: MIT
#include "tailer/records/plain_url.h"

#include <algorithm>
#include <bit>
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
    return ~(between(word, '-', ':') | between(word, 'A', 'Z') | between(word, 'a', 'z') |
             between(word, '_', '_')) &
           kHighs;
}

/// From so many bytes on, letters must be a word and digits may be the number of something.
constexpr std::size_t kLongRun = 8;
/// A payment card's number, in groups or not, is the only secret of digits.
constexpr std::size_t kCardNumber = 15;

/// A run of marked bytes over the words of a text.
class Run {
public:
    explicit constexpr Run(std::size_t longest) : long_(longest) {}
    /// Whether a run that is long has come to light.
    bool is_long(std::uint64_t marks) {
        const std::uint64_t others = ~marks & kHighs;
        const std::size_t at_start = base::scan::first(others);
        const bool result = before_ + at_start >= long_;
        before_ = others == 0 ? before_ + sizeof marks
                              : static_cast<std::size_t>(std::countl_zero(others)) / 8;
        return result;
    }

private:
    std::size_t long_;
    std::size_t before_ = 0;
};

/// `close`: it may hold a long run. What it begins with was looked at before.
bool is_plain_segment(std::string_view segment, bool close) {
    if (segment.size() < 2) {
        return true;
    }
    const bool grouped = segment.size() >= kCardNumber && base::is_digit(segment.front());
    return !hints_at_word(segment) && (!(close || grouped) || !looks_secret(segment));
}

}  // namespace

bool is_port(std::string_view text) noexcept {
    return text.size() <= 5 && std::ranges::all_of(text, base::is_digit);
}

bool is_plain_path(std::string_view path) noexcept {
    using namespace base::scan;
    std::uint64_t digit_before = 0;
    std::uint64_t letter_before = 0;
    std::uint64_t joint_before = 0x80;  // the first byte begins something
    Run run(kLongRun);
    bool close = false;
    const char* const text = path.data();
    std::size_t begin = 0;
    for (std::size_t at = 0; at < path.size(); at += sizeof(std::uint64_t)) {
        const std::size_t left = path.size() - at;
        const std::uint64_t word = left >= sizeof(std::uint64_t)
                                       ? load(text + at)
                                       : load_few({text + at, left}) | filler(left);
        const std::uint64_t digit = between(word, '0', '9');
        const std::uint64_t letter = between(word, 'a', 'z');
        const std::uint64_t joint = between(word, '-', '/');
        // From letters to digits or back: python3 is a word, a1b2c3 is none.
        const std::uint64_t mixed =
            (digit & (letter << 8U | letter_before)) | (letter & (digit << 8U | digit_before));
        if ((digit | letter | joint) != kHighs || mixed != 0) {
            return false;
        }
        for (std::uint64_t from = letter & (joint << 8U | joint_before); from != 0;
             from &= from - 1) {
            const std::size_t part = at + first(from);
            if (part + 3 <= path.size() && kPartBegins.holds(text + part)) {
                return false;
            }
        }
        digit_before = digit >> 56U;
        letter_before = letter >> 56U;
        joint_before = joint >> 56U;
        close = run.is_long(digit | letter) || close;
        for (std::uint64_t slash = between(word, '/', '/'); slash != 0; slash &= slash - 1) {
            const std::size_t end = at + first(slash);
            if (!is_plain_segment({text + begin, end - begin}, close)) {
                return false;
            }
            begin = end + 1;
        }
    }
    return is_plain_segment({text + begin, path.size() - begin}, close);
}

bool is_plain_authority(std::string_view authority) noexcept {
    constexpr std::size_t kShort = 32;
    constexpr std::size_t kShortLabel = 16;  // see is_secret_label()
    const std::size_t lower = base::length_before<not_lower_host>(authority);
    const bool ported =
        lower < authority.size() && authority[lower] == ':' && is_port(authority.substr(lower + 1));
    const std::size_t dot = authority.find('.');
    if (authority.size() <= kShort && (lower == authority.size() || ported) &&
        std::min(dot, lower) < kShortLabel && lower - std::min(dot, lower) <= kShortLabel) {
        return true;
    }
    if (base::length_before<not_host>(authority) < authority.size()) {
        return false;
    }
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    std::string_view rest = authority.substr(0, colon);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('.'), rest.size());
        if (is_secret_label(rest.substr(0, end))) {
            return false;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return colon == authority.size() || is_port(authority.substr(colon + 1));
}

}  // namespace tailer
