// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <cstdint>

#include "base/byte_scan.h"

namespace base {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_continuation(char c) noexcept { return (static_cast<std::uint8_t>(c) & 0xC0U) == 0x80U; }

/// Marks all but the bytes that may stand in a JSON string as they are, without a look at their
/// neighbours.
constexpr std::uint64_t not_plain(std::uint64_t word) {
    return scan::below(word, 0x20) | scan::equal(word, '"') | scan::equal(word, '\\') |
           scan::not_ascii(word);
}

/// What a TextBuffer can do, done to a string.
class StringEnd {
public:
    explicit StringEnd(std::string& text) : text_(text) {}
    void put(char c) { text_ += c; }
    void put(std::string_view text) { text_ += text; }
    template <auto Mark>
    std::size_t put_before(std::string_view text) {
        const std::size_t length = length_before<Mark>(text);
        text_ += text.substr(0, length);
        return length;
    }

private:
    std::string& text_;
};

template <typename Out>
void put_escape(Out& out, char c) {
    constexpr std::string_view kBytes = "\"\\\b\f\n\r\t";
    constexpr std::string_view kLetters = "\"\\bfnrt";
    out.put('\\');
    if (const std::size_t simple = kBytes.find(c); simple != std::string_view::npos) {
        out.put(kLetters[simple]);
        return;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<std::uint8_t>(c);
    out.put("u00");
    out.put(kHex[byte >> 4U]);
    out.put(kHex[byte & 0x0FU]);
}

template <typename Out>
void json_string(Out& out, std::string_view text) {
    out.put('"');
    while (true) {
        text.remove_prefix(out.template put_before<not_plain>(text));
        if (text.empty()) {
            break;
        }
        const std::size_t length = utf8_sequence_length(text);
        if (length == 1) {
            put_escape(out, text.front());
        } else {
            out.put(length == 0 ? kReplacement : text.substr(0, length));
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out.put('"');
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) noexcept {
    const auto lead = static_cast<std::uint8_t>(text.front());
    if (lead < 0x80) {
        return 1;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(text[i])) {
            return 0;
        }
    }
    const auto second = static_cast<std::uint8_t>(text[1]);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool surrogate = lead == 0xED && second > 0x9F;
    const bool too_large = lead == 0xF4 && second > 0x8F;
    return overlong || surrogate || too_large ? 0 : length;
}

std::string_view utf8_prefix(std::string_view text, std::size_t limit) noexcept {
    if (text.size() <= limit) {
        return text;
    }
    std::size_t end = limit;
    while (end > 0 && limit - end < 4 && is_continuation(text[end])) {
        --end;
    }
    return text.substr(0, limit - end < 4 ? end : limit);  // four in a row are no sequence
}

bool is_ascii(std::string_view text) noexcept {
    return length_before<scan::not_ascii>(text) == text.size();
}

void append_valid_utf8(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence_length(text);
        out += length == 0 ? kReplacement : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
}

void append_json_string(std::string& out, std::string_view text) {
    StringEnd end(out);
    json_string(end, text);
}

void put_json_string(TextBuffer& out, std::string_view text) { json_string(out, text); }

}  // namespace base
