// SPDX-License-Identifier: MIT
#include "bridge/console/json_text.h"

#include "base/rfc3339.h"
#include "base/utf8.h"

namespace bridge {

JsonText& JsonText::open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
    return *this;
}

JsonText& JsonText::close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
}

JsonText& JsonText::key(std::string_view name) {
    separate();
    text_.append("\"").append(name).append("\":");
    first_ = true;
    return *this;
}

JsonText& JsonText::number(std::uint64_t value) {
    separate();
    text_ += std::to_string(value);
    return *this;
}

JsonText& JsonText::boolean(bool value) {
    separate();
    text_ += value ? "true" : "false";
    return *this;
}

JsonText& JsonText::string(std::string_view value) {
    separate();
    std::string quoted;
    base::append_json_string(quoted, value);
    append_ascii(quoted);
    return *this;
}

JsonText& JsonText::time(const std::optional<std::int64_t>& unix_ns) {
    separate();
    if (!unix_ns) {
        text_ += "null";
        return *this;
    }
    text_ += '"';
    base::append_rfc3339_nano(text_, *unix_ns);
    text_ += '"';
    return *this;
}

void JsonText::separate() {
    text_ += first_ ? "" : ",";
    first_ = false;
}

/// `valid` is valid UTF-8.
void JsonText::append_ascii(std::string_view valid) {
    while (!valid.empty()) {
        const std::size_t length = base::utf8_sequence_length(valid);
        if (length == 1 && valid.front() != '\x7f') {
            text_ += valid.front();
        } else {
            auto code = static_cast<std::uint32_t>(static_cast<std::uint8_t>(valid.front()));
            code &= length == 1 ? 0x7FU : 0xFFU >> (length + 1);
            for (const char c : valid.substr(1, length - 1)) {
                code = code << 6U | (static_cast<std::uint8_t>(c) & 0x3FU);
            }
            if (code > 0xFFFF) {
                append_unit(0xD800U + ((code - 0x10000U) >> 10U));
                code = 0xDC00U + ((code - 0x10000U) & 0x3FFU);
            }
            append_unit(code);
        }
        valid.remove_prefix(length);
    }
}

void JsonText::append_unit(std::uint32_t unit) {
    constexpr std::string_view kHex = "0123456789abcdef";
    text_ += "\\u";
    for (unsigned shift = 16; shift > 0; shift -= 4) {
        text_ += kHex[unit >> (shift - 4) & 0xFU];
    }
}

}  // namespace bridge
