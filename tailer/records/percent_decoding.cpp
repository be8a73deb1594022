// SPDX-License-Identifier: MIT
#include "tailer/records/percent_decoding.h"

#include <numeric>
#include <optional>

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

}  // namespace

void PercentDecoded::assign(std::string_view raw) {
    raw_ = raw;
    deeper_ = false;
    same_ = raw.find('%') == std::string_view::npos;
    if (same_) {
        return;
    }
    text_ = raw;
    at_.resize(raw.size() + 1);
    std::iota(at_.begin(), at_.end(), 0U);
    for (int layer = 0; layer < kLayers; ++layer) {
        if (!take_one_layer()) {
            return;
        }
    }
    for (std::size_t at = text_.find('%'); at != std::string::npos; at = text_.find('%', at + 1)) {
        deeper_ = deeper_ || escape_at(std::string_view(text_).substr(at)).length > 0;
    }
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
