// SPDX-License-Identifier: MIT
#include "bridge/console/terminal.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

namespace bridge {
namespace {

/// Below this nothing lines up any more; above, the eye loses the line.
constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kWidest = 200;

std::optional<std::size_t> columns_of_terminal(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return std::nullopt;
    }
    return size.ws_col;
}

std::optional<std::size_t> number_in(const std::optional<std::string>& text) {
    std::size_t value = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ptr !=
                     text->data() + text->size()) {
        return std::nullopt;
    }
    return value == 0 ? std::nullopt : std::optional(value);
}

/// By name alone: a locale that is set but not installed still tells what the terminal can show.
bool is_utf8_locale(const Environment& environment) {
    for (const std::string_view variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        if (auto locale = environment(variable)) {
            std::ranges::transform(*locale, locale->begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            });
            return locale->find(".utf-8") != std::string::npos ||
                   locale->find(".utf8") != std::string::npos;
        }
    }
    return false;
}

/// Appends the code point of a valid UTF-8 sequence as \u00e9 or \U0001f600.
void append_code_point(std::string& out, std::string_view sequence) {
    const auto lead = static_cast<std::uint8_t>(sequence.front());
    std::uint32_t code = lead & (0xFFU >> (sequence.size() + 1));
    for (const char c : sequence.substr(1)) {
        code = code << 6U | (static_cast<std::uint8_t>(c) & 0x3FU);
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    const bool wide = code > 0xFFFF;
    out += wide ? "\\U" : "\\u";
    for (unsigned shift = wide ? 32 : 16; shift > 0; shift -= 4) {
        out += kHex[code >> (shift - 4) & 0xFU];
    }
}

void append_byte(std::string& out, char c) {
    switch (c) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<std::uint8_t>(c);
    out += "\\x";
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xFU];
}

std::string_view code_of(Paint paint) {
    switch (paint) {
        case Paint::Bold:
            return "\033[1m";
        case Paint::Dim:
            return "\033[2m";
        case Paint::Red:
            return "\033[31m";
        case Paint::Green:
            return "\033[32m";
        case Paint::Yellow:
            return "\033[33m";
        case Paint::Plain:
            break;
    }
    return "";
}

}  // namespace

bool is_screen(int fd, const Environment& environment) {
    return ::isatty(fd) == 1 && environment("TERM").value_or("dumb") != "dumb";
}

TextStyle text_style_for(int fd, const Environment& environment) {
    const auto terminal_width = columns_of_terminal(fd);
    const std::size_t width =
        terminal_width ? *terminal_width : number_in(environment("COLUMNS")).value_or(80);
    return {.width = std::clamp(width, kNarrowest, kWidest),
            .colour = is_screen(fd, environment) && !environment("NO_COLOR"),
            .unicode = is_utf8_locale(environment)};
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = base::utf8_sequence_length(text);
        const char c = text.front();
        if (length > 1) {
            append_code_point(out, text.substr(0, length));
        } else if (c == '\\') {
            out += "\\\\";
        } else if (c >= ' ' && c <= '~') {
            out += c;
        } else {
            append_byte(out, c);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t columns, Cut at) {
    constexpr std::string_view kMark = "...";
    if (text.size() <= columns) {
        return std::string(text);
    }
    const std::size_t room = columns - std::min(columns, kMark.size());
    std::string out;
    if (at == Cut::Front) {
        return out.append(kMark).append(text.substr(text.size() - room));
    }
    return out.append(text.substr(0, room)).append(kMark);
}

TextLine& TextLine::put(std::string_view text, Paint paint) {
    const auto glyphs = std::ranges::count_if(
        text, [](char c) { return (static_cast<std::uint8_t>(c) & 0xC0U) != 0x80U; });
    width_ += static_cast<std::size_t>(glyphs);
    const bool painted = colour_ && paint != Paint::Plain && !text.empty();
    text_.append(painted ? code_of(paint) : "").append(text).append(painted ? "\033[0m" : "");
    return *this;
}

TextLine& TextLine::pad_to(std::size_t width) {
    return width > width_ ? put(std::string(width - width_, ' ')) : *this;
}

TextLine& TextLine::append(const TextLine& other) {
    text_ += other.text_;
    width_ += other.width_;
    return *this;
}

std::string TextLine::text() const { return text_.substr(0, text_.find_last_not_of(' ') + 1); }

}  // namespace bridge
