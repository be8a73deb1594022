// SPDX-License-Identifier: MIT
#include "tailer/lines/line_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "tailer/lines/slog_json_parser.h"

namespace tailer {
namespace {

constexpr std::size_t kCapacity = 2 * LineReader::kLongestLine;
/// Read at a time, twice as much each time: most starts want a few lines only. What is not touched
/// of the buffer takes no memory, and what is stays in cache.
constexpr std::size_t kFirstReadBytes = 512;
constexpr std::size_t kReadBytes = 64U << 10U;

/// Where the file has bytes again, or ends, at or behind `offset`: a sparse file costs no
/// more than what is in it. Where the file system cannot tell, that is `offset`.
std::uint64_t behind_hole(int fd, std::uint64_t offset) {
    ::off_t data = ::lseek(fd, static_cast<::off_t>(offset), SEEK_DATA);
    if (data < 0 && errno == ENXIO) {
        data = ::lseek(fd, 0, SEEK_END);
    }
    return data < 0 ? offset : std::max(offset, static_cast<std::uint64_t>(data));
}

}  // namespace

LineReader::LineReader()
    : buffer_(std::make_unique_for_overwrite<char[]>(kCapacity + kJsonPadding)) {}

void LineReader::start(int fd, std::uint64_t offset, bool inside_long_line, Tail tail,
                       std::uint64_t long_line_begin, std::uint64_t wanted) {
    fd_ = fd;
    tail_ = tail;
    start_offset_ = offset;
    begin_ = scanned_ = end_ = 0;
    read_at_a_time_ = kFirstReadBytes;
    wanted_ = wanted;
    skipping_ = inside_long_line;
    long_line_begin_ = long_line_begin;
    more_ = false;
}

base::Result<bool> LineReader::fill() {
    if (begin_ > 0) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        start_offset_ += begin_;
        scanned_ -= begin_;
        end_ -= begin_;
        begin_ = 0;
    }
    // A line that does not end within what is wanted is read to its end all the same.
    const std::size_t wanted = std::max({std::min<std::uint64_t>(wanted_, kReadBytes),
                                         std::uint64_t{end_}, std::uint64_t{kFirstReadBytes}});
    while (true) {
        const ::ssize_t got = ::pread(fd_, buffer_.get() + end_,
                                      std::min({kCapacity - end_, read_at_a_time_, wanted}),
                                      static_cast<::off_t>(start_offset_ + end_));
        if (got >= 0) {
            end_ += static_cast<std::size_t>(got);
            bytes_read_ += static_cast<std::size_t>(got);
            wanted_ -= std::min<std::uint64_t>(wanted_, static_cast<std::size_t>(got));
            read_at_a_time_ = std::min(2 * read_at_a_time_, kReadBytes);
            return got > 0;
        }
        if (errno != EINTR) {
            return base::system_failure("cannot read", "log file");
        }
    }
}

Line LineReader::take(std::size_t length, std::size_t newline_bytes) {
    Line line;
    line.begin = skipping_ ? long_line_begin_ : offset();
    line.end = offset() + length + newline_bytes;
    line.too_long = skipping_ || length > kLongestLine;
    if (!line.too_long) {
        line.text = std::string_view(buffer_.get() + begin_, length);
    }
    skipping_ = false;
    begin_ += length + newline_bytes;
    scanned_ = begin_;
    return line;
}

base::Result<std::string_view> LineReader::head(const Line& line) {
    if (!head_) {
        head_ = std::make_unique_for_overwrite<char[]>(kLongestLine + kJsonPadding);
    }
    const std::uint64_t length = std::min<std::uint64_t>(kLongestLine, line.end - line.begin);
    std::size_t filled = 0;
    while (filled < length) {
        const ::ssize_t got = ::pread(fd_, head_.get() + filled, length - filled,
                                      static_cast<::off_t>(line.begin + filled));
        if (got > 0) {
            filled += static_cast<std::size_t>(got);
            bytes_read_ += static_cast<std::size_t>(got);
        } else if (got == 0) {
            return base::failure("a log file was cut while it was read", ESTALE);
        } else if (errno != EINTR) {
            return base::system_failure("cannot read", "log file");
        }
    }
    return std::string_view(head_.get(), filled);
}

base::Result<std::optional<Line>> LineReader::next() {
    more_ = false;
    const std::uint64_t skip_from = bytes_read_;
    while (true) {
        if (!skipping_) {
            while (begin_ < end_ && buffer_[begin_] == '\0') {
                ++begin_;
            }
            scanned_ = std::max(scanned_, begin_);
        }
        const char* from = buffer_.get() + scanned_;
        const auto* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - scanned_));
        if (newline != nullptr) {
            return take(static_cast<std::size_t>(newline - buffer_.get()) - begin_, 1);
        }
        scanned_ = end_;
        if (!skipping_ && end_ - begin_ > kLongestLine) {
            skipping_ = true;
            long_line_begin_ = offset();
        }
        if (skipping_) {
            begin_ = scanned_ = end_;
            more_ = bytes_read_ - skip_from >= kMostSkipped;
            if (more_) {
                return std::nullopt;
            }
        }
        if (begin_ == end_ && end_ > 0 && (skipping_ || buffer_[end_ - 1] == '\0')) {
            // Of what is passed over there may be much more.
            start_offset_ = behind_hole(fd_, start_offset_ + end_) - end_;
        }
        const auto more = fill();
        if (!more) {
            return tl::unexpected(more.error());
        }
        if (!*more) {
            const bool rest = end_ > begin_ || skipping_;
            if (tail_ == Tail::IsLine && rest) {
                return take(end_ - begin_, 0);
            }
            return std::nullopt;
        }
    }
}

}  // namespace tailer
