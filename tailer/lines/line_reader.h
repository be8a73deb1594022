// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace tailer {

/// One physical line of a file.
struct Line {
    std::string_view text;    ///< without newline; of an over-long line nothing: see head()
    std::uint64_t begin = 0;  ///< of an over-long line as it was given to start()
    std::uint64_t end = 0;    ///< just behind the newline
    bool too_long = false;
};

/// Reads complete lines of one file after another, from any offset, through one buffer. A line
/// longer than kLongestLine is skipped at bounded memory and reported once, at its end; its head
/// can be had then. Runs of NUL at the start of a line (the hole that a truncated file gets) are
/// passed over.
class LineReader {
public:
    /// Loki takes lines up to 256 KiB by default (max_line_size), and ours grow by our fields.
    static constexpr std::size_t kLongestLine = 256U << 10U;
    /// What next() skips of an over-long line before it gives the caller a turn.
    static constexpr std::size_t kMostSkipped = 4U << 20U;

    /// What to do with bytes behind the last newline.
    enum class Tail : std::uint8_t {
        HoldBack,  ///< somebody may still be writing it
        IsLine,    ///< the file is complete
    };

    LineReader();

    /// Starts on `fd`, which stays the caller's, at `offset`: the start of a line, or inside an
    /// over-long one, which began at `long_line_begin`. About so many bytes of lines are wanted:
    /// no more than they take is read at once.
    void start(int fd, std::uint64_t offset, bool inside_long_line, Tail tail,
               std::uint64_t long_line_begin = 0, std::uint64_t wanted = UINT64_MAX);

    /// The next line, or nothing at the end of what is there, or when more() says so. The text
    /// borrows from the buffer until the next call, and has simdjson's padding readable behind it.
    [[nodiscard]] base::Result<std::optional<Line>> next();

    /// What an over-long line begins with, kLongestLine bytes of it: the same whichever way it grew
    /// and was read. Borrows until the next call.
    [[nodiscard]] base::Result<std::string_view> head(const Line& line);

    /// Where reading goes on: behind the last line given, or inside an over-long one.
    [[nodiscard]] std::uint64_t offset() const { return start_offset_ + begin_; }
    [[nodiscard]] bool inside_long_line() const { return skipping_; }
    [[nodiscard]] std::uint64_t long_line_begin() const { return long_line_begin_; }
    /// Whether next() gave nothing because it has skipped enough for once.
    [[nodiscard]] bool more() const { return more_; }

    /// Bytes read from files since construction.
    [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

private:
    [[nodiscard]] base::Result<bool> fill();
    [[nodiscard]] Line take(std::size_t length, std::size_t newline_bytes);

    std::unique_ptr<char[]> buffer_;
    std::unique_ptr<char[]> head_;  ///< made when there is an over-long line
    int fd_ = -1;
    Tail tail_ = Tail::HoldBack;
    std::uint64_t start_offset_ = 0;  ///< file offset of buffer_[0]
    std::size_t begin_ = 0;           ///< first byte not given yet
    std::size_t scanned_ = 0;         ///< no newline in [begin_, scanned_)
    std::size_t end_ = 0;             ///< behind the last byte read
    std::size_t read_at_a_time_ = 0;
    std::uint64_t wanted_ = 0;  ///< of bytes to be read
    bool skipping_ = false;
    bool more_ = false;
    std::uint64_t long_line_begin_ = 0;  ///< of the line that is skipped
    std::uint64_t bytes_read_ = 0;
};

}  // namespace tailer
