// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "tailer/files/known_files.h"
#include "tailer/lines/decision.h"
#include "tailer/lines/line_parser.h"
#include "tailer/lines/line_reader.h"
#include "tailer/lines/open_files.h"

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

/// Yields the lines of many files without holding every file open: what was there at the start
/// oldest first, what comes while it is followed by turns.
///
/// Loki refuses what lies an hour behind a stream's newest entry, so an exact merge is not needed:
/// the file with the oldest next line is read until it is kSlackNs ahead of the next file's. A file
/// is thus opened about once for every kSlackNs that it spans.
///
/// A file that is followed holds up no other, whatever its stamps say: each is read a little, then
/// the next. What there was at the start takes turns with them once kAloneBytes of it are read. Not
/// thread-safe.
class TimeMerge {
public:
    static constexpr std::int64_t kSlackNs = 10'000'000'000;  // 10 s
    /// Read of a file at its turn.
    static constexpr std::uint64_t kTurnBytes = 32U << 10U;
    /// An agent's day or more: a restart keeps the order of what it finds.
    static constexpr std::uint64_t kAloneBytes = 8U << 20U;

    TimeMerge(KnownFiles& files, LineReader::Tail tail)
        : files_(files), tail_(tail), open_(files) {}

    /// What is enqueued from the second time on is read by turns.
    void take_turns() { by_turns_ = true; }
    /// What is enqueued next was there at the start, too: its folder was away. A killed predecessor
    /// may have sent some of it, and in this order.
    void start_again() { enqueued_before_ = false; }

    /// Puts files that have grown in line.
    void enqueue(const std::vector<FileId>& grown);

    using Visit = std::function<void(const LocatedLine&)>;
    /// Whether a line may be visited now; its file waits for a later read() otherwise.
    using MayVisit = std::function<bool(const LocatedLine&)>;
    /// Reads about `budget_bytes` of lines. False when all there is has been read.
    bool read(std::uint64_t budget_bytes, const Visit& visit, const MayVisit& may_visit = {});

    [[nodiscard]] bool empty() const {
        return !any_in_line() && held_back_.empty() && held_by_time_.empty();
    }
    /// Whether the next read() may come further. Not when the last one found only what was held
    /// back: it would open and read the same files in vain.
    [[nodiscard]] bool can_go_on() const { return any_in_line() && !stalled_; }
    [[nodiscard]] std::uint64_t bytes_read() const { return reader_.bytes_read(); }
    [[nodiscard]] std::size_t open_files() const { return open_.size(); }
    /// Closes what is open; the next read opens again.
    void close_all() { open_.close_all(); }
    /// Files that could not be read, each with its reason, since the last call.
    [[nodiscard]] std::vector<std::string> take_errors() { return std::exchange(errors_, {}); }

private:
    using Cursor = OpenFiles::Cursor;
    struct Waiting {
        std::int64_t next_ns = 0;
        FileId id = 0;
        bool operator>(const Waiting& other) const {
            return next_ns != other.next_ns ? next_ns > other.next_ns : id > other.id;
        }
    };
    [[nodiscard]] bool any_in_line() const { return !waiting_.empty() || !turns_.empty(); }
    enum class Stop : std::uint8_t { AtEnd, AtLimit, AtBudget, HeldBack };

    [[nodiscard]] Cursor* cursor_of(FileId id);
    void start(const Cursor& cursor, const KnownFile& file, std::uint64_t wanted);
    void keep_last(Cursor& cursor, const Line& line) const;
    [[nodiscard]] const std::string& boundary_session_in(const Cursor& cursor);
    [[nodiscard]] base::Result<ParsedLine> parse(Line& line);
    [[nodiscard]] bool count_up_to(Cursor& cursor, std::uint64_t offset);
    [[nodiscard]] std::optional<std::int64_t> peek(FileId id);
    /// Whether what was read of the file stands there no more; it is then begun anew.
    [[nodiscard]] bool was_rewritten(FileId id);
    [[nodiscard]] bool is_done_with(FileId id);
    void remember_end(FileId id);
    void let_held_back_go_on();
    void read_oldest(std::uint64_t& budget, const Visit& visit, const MayVisit& may_visit);
    void read_by_turn(std::uint64_t& budget, const Visit& visit, const MayVisit& may_visit);
    Stop read_file(FileId id, std::int64_t limit_ns, std::uint64_t& budget, std::int64_t& next_ns,
                   const Visit& visit, const MayVisit& may_visit);
    void give_up(FileId id, const base::Error& error);

    KnownFiles& files_;
    LineReader::Tail tail_;
    LineReader reader_;
    LineParser parser_;
    OpenFiles open_;
    /// Of some files that were read of late: a look at their first line is saved.
    std::unordered_map<FileId, std::string> boundary_sessions_;
    std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
    std::deque<FileId> turns_;
    std::deque<FileId> held_back_;
    /// Held back while read by time: their place in time stays theirs, so that once there is room
    /// for a stream again the oldest of its lines goes first.
    std::vector<Waiting> held_by_time_;
    bool stalled_ = false;
    bool by_turns_ = false;
    bool enqueued_before_ = false;
    bool turn_is_next_ = false;
    std::uint64_t read_by_time_ = 0;
    std::vector<std::string> errors_;
};

}  // namespace tailer
