// SPDX-License-Identifier: MIT
#include "tailer/records/percent_decoding.h"

#include <numeric>
#include <optional>

#include "base/byte_set.h"

namespace tailer {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char folded = static_cast<char>(c | 0x20);
    return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

/// The number that `digits` hexadecimal digits at the front of `text` are.
std::optional<std::uint32_t> hex_number(std::string_view text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    std::uint32_t number = 0;
    for (const char c : text.substr(0, digits)) {
        const int value = hex_value(c);
        if (value < 0) {
            return std::nullopt;
        }
        number = number << 4U | static_cast<std::uint32_t>(value);
    }
    return number;
}

/// The ASCII byte of a code point: full-width forms (U+FF01 to U+FF5E) are read as what they look
/// like.
std::optional<char> ascii_of(std::uint32_t code) {
    constexpr std::uint32_t kWide = 0xFF00;
    if (code > kWide && code <= kWide + 0x5E) {
        code -= kWide - 0x20;
    }
    return code < 0x80 ? std::optional(static_cast<char>(code)) : std::nullopt;
}

struct Escape {
    char byte = 0;
    std::size_t length = 0;  ///< 0 = it is none
};

/// `text` begins with a percent sign.
Escape escape_at(std::string_view text) {
    constexpr std::size_t kShort = 3;
    constexpr std::size_t kLong = 6;
    if (const auto byte = hex_number(text.substr(1), kShort - 1)) {
        return {static_cast<char>(*byte), kShort};
    }
    if (text.size() >= kLong && (text[1] | 0x20) == 'u') {
        if (const auto code = hex_number(text.substr(2), kLong - 2)) {
            return {ascii_of(*code).value_or('\x1a'), kLong};
        }
    }
    return {};
}

/// Bytes that begin a code point that is read as an ASCII byte; and those, or one that begins an
/// escape.
constexpr base::ByteSet kLookAlikeBegins("\xEF\xE2");
constexpr base::ByteSet kBegins("%\xEF\xE2");

/// The ASCII byte that a code point of three bytes of UTF-8 looks like, which some libraries fold
/// it into (Unicode: NFKC of full-width and small forms; the slashes U+2044 and U+2215); 0 = none.
char look_alike(std::string_view text) {
    constexpr std::size_t kBytes = 3;
    if (text.size() < kBytes) {
        return 0;
    }
    const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint32_t code =
        (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    if ((byte(0) != 0xEF && byte(0) != 0xE2) || byte(1) >> 6U != 2 || byte(2) >> 6U != 2) {
        return 0;
    }
    constexpr std::uint32_t kSmall = 0xFE50;
    using namespace std::string_view_literals;
    constexpr std::string_view kSmallForms = ",\0.\0;:?!\0\0\0\0\0\0\0#&*+-<>=\0\\$%@"sv;
    if (code > 0xFF00 && code <= 0xFF5E) {
        return ascii_of(code).value_or('\0');
    }
    if (code >= kSmall && code - kSmall < kSmallForms.size()) {
        return kSmallForms[code - kSmall];
    }
    return code == 0x2044 || code == 0x2215 ? '/' : '\0';
}

}  // namespace

void PercentDecoded::assign(std::string_view raw) {
    raw_ = raw;
    deeper_ = false;
    same_ = kBegins.first_in(raw) == raw.size();
    if (same_) {
        return;
    }
    text_ = raw;
    at_.resize(raw.size() + 1);
    std::iota(at_.begin(), at_.end(), 0U);
    fold_look_alikes();
    for (int layer = 0; layer < kLayers; ++layer) {
        if (!take_one_layer()) {
            return;
        }
        fold_look_alikes();
    }
    for (std::size_t at = text_.find('%'); at != std::string::npos; at = text_.find('%', at + 1)) {
        deeper_ = deeper_ || escape_at(std::string_view(text_).substr(at)).length > 0;
    }
}

void PercentDecoded::fold_look_alikes() {
    constexpr std::size_t kBytes = 3;
    std::size_t from = kLookAlikeBegins.first_in(text_);
    if (from == text_.size()) {
        return;
    }
    std::size_t to = from;
    while (from < text_.size()) {
        const char byte = look_alike(std::string_view(text_).substr(from));
        at_[to] = at_[from];
        text_[to] = byte == 0 ? text_[from] : byte;
        ++to;
        from += byte == 0 ? 1 : kBytes;
    }
    at_[to] = at_[from];
    text_.resize(to);
    at_.resize(to + 1);
}

/// False when there was none.
bool PercentDecoded::take_one_layer() {
    std::size_t from = text_.find('%');
    if (from == std::string::npos) {
        return false;
    }
    const std::string_view text = text_;
    bool taken = false;
    std::size_t to = from;
    while (from < text.size()) {
        const Escape escape = text[from] == '%' ? escape_at(text.substr(from)) : Escape{};
        const std::size_t length = escape.length == 0 ? 1 : escape.length;
        const char byte = escape.length == 0 ? text[from] : escape.byte;
        taken = taken || escape.length > 0;
        at_[to] = at_[from];
        text_[to] = byte;
        ++to;
        from += length;
    }
    at_[to] = at_[from];
    text_.resize(to);
    at_.resize(to + 1);
    return taken;
}

}  // namespace tailer
