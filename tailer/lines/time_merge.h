// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "tailer/files/known_files.h"
#include "tailer/lines/decision.h"
#include "tailer/lines/line_parser.h"
#include "tailer/lines/line_reader.h"

namespace tailer {

/// One parsed line with all that is known of it. Borrowed views live until the next line.
struct LocatedLine {
    FileId file_id = 0;
    const KnownFile* file = nullptr;
    std::string_view session;
    std::string_view boundary_session;  ///< see boundary_session_of()
    Line line;
    ParsedLine parsed;
    LineCounts before;  ///< this line in its file
};

/// Yields the lines of many files, oldest first, without holding every file open.
///
/// Loki refuses what lies an hour behind a stream's newest entry, so an exact merge is not needed:
/// the file with the oldest next line is read until it is kSlack ahead of the next file's. A file
/// is thus opened about once for every kSlack that it spans. Not thread-safe.
class TimeMerge {
public:
    static constexpr std::int64_t kSlackNs = 10'000'000'000;  // 10 s

    TimeMerge(KnownFiles& files, LineReader::Tail tail) : files_(files), tail_(tail) {}

    /// Puts files that have grown in line.
    void enqueue(const std::vector<FileId>& grown);

    /// Reads about `budget_bytes` of lines, oldest first. False when all there is has been read.
    bool read(std::uint64_t budget_bytes, const std::function<void(const LocatedLine&)>& visit);

    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] std::uint64_t bytes_read() const { return reader_.bytes_read(); }
    [[nodiscard]] std::size_t open_files() const { return cursors_.size(); }
    /// Closes what is open; the next read opens again.
    void close_all() { cursors_.clear(); }
    /// Files that could not be read, each with its reason, since the last call.
    [[nodiscard]] std::vector<std::string> take_errors() { return std::exchange(errors_, {}); }

private:
    /// An open file.
    struct Cursor {
        FileId id = 0;
        base::UniqueFd fd;
        std::string session;
        LineCounts before;          ///< the lines that end at or before `counted`
        std::uint64_t counted = 0;  ///< an offset
        std::optional<std::string> boundary_session = {};  ///< once its first line is whole
    };
    struct Waiting {
        std::int64_t next_ns = 0;
        FileId id = 0;
        bool operator>(const Waiting& other) const {
            return next_ns != other.next_ns ? next_ns > other.next_ns : id > other.id;
        }
    };
    enum class Stop : std::uint8_t { AtEnd, AtLimit, AtBudget };

    [[nodiscard]] Cursor* cursor_of(FileId id);
    [[nodiscard]] ParsedLine parse(const Line& line);
    [[nodiscard]] bool count_up_to(Cursor& cursor, std::uint64_t offset);
    [[nodiscard]] std::optional<std::int64_t> peek(FileId id);
    /// Whether what was read of the file stands there no more; it is then begun anew.
    [[nodiscard]] bool was_rewritten(FileId id);
    void remember_end(FileId id);
    Stop read_file(FileId id, std::int64_t limit_ns, std::uint64_t& budget, std::int64_t& next_ns,
                   const std::function<void(const LocatedLine&)>& visit);
    void give_up(FileId id, const base::Error& error);

    KnownFiles& files_;
    LineReader::Tail tail_;
    LineReader reader_;
    LineParser parser_;
    std::vector<std::unique_ptr<Cursor>> cursors_;  ///< most recently used last
    std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
    std::vector<std::string> errors_;
};

}  // namespace tailer
