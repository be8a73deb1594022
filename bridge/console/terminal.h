// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "bridge/process/environment.h"

namespace bridge {

/// How text may look where it goes.
struct TextStyle {
    std::size_t width = 80;
    bool colour = false;
    bool unicode = false;  ///< else plain ASCII
};

/// What the file behind `fd` and the environment ask for: the terminal's width, else COLUMNS, else
/// 80; colour on a terminal without NO_COLOR; blocks where the locale is UTF-8.
[[nodiscard]] TextStyle text_style_for(int fd, const Environment& environment);

/// Whether `fd` is a terminal that understands escape sequences.
[[nodiscard]] bool is_screen(int fd, const Environment& environment);

/// Makes log text safe for a terminal: all but printable ASCII is escaped as Go does (\x1b,
/// \u202e). That stops escape sequences, text that runs backwards, and letters that pass for
/// others; and each byte of the result is one column wide.
[[nodiscard]] std::string printable(std::string_view text);

/// Where a text that is too long is cut; of a host name the end tells most.
enum class Cut : std::uint8_t { Front, End };

/// `text` in at most `columns`, marked where it was cut. `text` must be ASCII.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t columns, Cut at);

enum class Paint : std::uint8_t { Plain, Bold, Dim, Red, Green, Yellow };

/// One line of text that knows how wide it is.
class TextLine {
public:
    explicit TextLine(bool colour) : colour_(colour) {}

    /// `text` must be made of glyphs that are one column wide.
    TextLine& put(std::string_view text, Paint paint = Paint::Plain);
    /// Adds spaces up to column `width`.
    TextLine& pad_to(std::size_t width);
    TextLine& append(const TextLine& other);

    [[nodiscard]] std::size_t width() const { return width_; }
    /// The text without spaces at its end.
    [[nodiscard]] std::string text() const;

private:
    bool colour_;
    std::string text_;
    std::size_t width_ = 0;
};

}  // namespace bridge
