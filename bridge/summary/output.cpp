// SPDX-License-Identifier: MIT
#include "bridge/summary/output.h"

#include <algorithm>
#include <cerrno>

#include <sys/ioctl.h>
#include <unistd.h>

namespace bridge {
namespace {

// The alternate screen, no cursor, no wrapping: a terminal narrower than the text cuts it.
constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[?7l";
constexpr std::string_view kLeave = "\033[?7h\033[?25h\033[?1049l";

std::size_t rows_of(int fd) {
    winsize size{};
    constexpr std::size_t kUsual = 24;
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : kUsual;
}

}  // namespace

base::Result<bool> write_whole(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        // EIO: the terminal has hung up.
        if (written < 0 && (errno == EPIPE || (errno == EIO && ::isatty(fd) == 0))) {
            return false;
        }
        if (written < 0 && errno != EINTR) {
            return base::system_failure("cannot write to", "stdout");
        }
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return true;
}

std::string screen_frame(std::string_view text, std::size_t rows) {
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
    const std::size_t shown = lines <= rows ? lines : rows - std::min<std::size_t>(rows, 1);
    std::string frame = "\033[H";
    for (std::size_t i = 0; i < shown; ++i) {
        const std::size_t end = text.find('\n');
        // Erased first: behind a line that fills its row the cursor still stands on the last glyph.
        frame.append(i == 0 ? "" : "\n").append("\033[K").append(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    if (shown < lines && rows > 0) {
        frame.append(shown == 0 ? "" : "\n").append("\033[K... ");
        frame.append(std::to_string(lines - shown)).append(" more lines than the terminal has");
    } else {
        frame.append(shown < rows ? "\n\033[J" : "");
    }
    return frame;
}

SummaryOutput::~SummaryOutput() { leave(); }

void SummaryOutput::leave() {
    if (entered_) {
        entered_ = false;
        shown_.reset();
        static_cast<void>(write_whole(fd_, kLeave));
    }
}

base::Result<bool> SummaryOutput::show(const std::string& text) {
    if (shown_ == text) {
        return true;
    }
    shown_ = text;
    if (!screen_) {
        const bool first = !begun_;
        begun_ = true;
        return write_whole(fd_, (first || !spaced_ ? "" : "\n") + text);
    }
    std::string frame = entered_ ? "" : std::string(kEnter);
    entered_ = true;
    return write_whole(fd_, frame.append(screen_frame(text, rows_of(fd_))));
}

base::Result<bool> SummaryOutput::finish(const std::string& text) {
    leave();
    screen_ = false;
    return show(text);
}

}  // namespace bridge
