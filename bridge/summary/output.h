// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bridge {

/// Writes all of `text`; false when nobody reads `fd` any more.
[[nodiscard]] base::Result<bool> write_whole(int fd, std::string_view text);

/// What makes a terminal of `rows` rows show the lines of `text` in place of what it showed; the
/// last row tells of lines that have no room.
[[nodiscard]] std::string screen_frame(std::string_view text, std::size_t rows);

/// Shows a text again and again. On a terminal: in place, on the alternate screen, which leave()
/// and the destructor give back. Else whole, a blank line between two, and only when it changed.
class SummaryOutput {
public:
    /// `screen` when `fd` is a terminal that understands escape sequences; `spaced` puts the blank
    /// lines in.
    SummaryOutput(int fd, bool screen, bool spaced) : fd_(fd), screen_(screen), spaced_(spaced) {}
    SummaryOutput(const SummaryOutput&) = delete;
    SummaryOutput& operator=(const SummaryOutput&) = delete;
    ~SummaryOutput();

    /// False when nobody reads any more.
    [[nodiscard]] base::Result<bool> show(const std::string& text);
    /// Gives the screen back; the next show() takes it again.
    void leave();
    /// The last word: leaves the screen and writes the text behind what stood there before.
    [[nodiscard]] base::Result<bool> finish(const std::string& text);
    /// Draws at the next show() even what has not changed.
    void forget_shown() { shown_.reset(); }
    /// Whether what show() was given last still stands there.
    [[nodiscard]] bool is_shown() const { return shown_.has_value(); }

private:
    int fd_;
    bool screen_;
    bool spaced_;
    bool entered_ = false;
    bool begun_ = false;
    std::optional<std::string> shown_;
};

}  // namespace bridge
