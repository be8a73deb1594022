// SPDX-License-Identifier: MIT
#include "tailer/lines/time_merge.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <sys/stat.h>

#include "base/nanoseconds.h"
#include "tailer/lines/boundary_session.h"

namespace tailer {
namespace {

/// A look at a file that was held back costs opening it.
constexpr std::size_t kLooksAtHeldBack = 16;
/// Lines without a time that peek() passes over before it takes the file as oldest of all.
constexpr int kPeekLines = 16;

constexpr std::int64_t kOldest = std::numeric_limits<std::int64_t>::min();

std::optional<std::int64_t> time_of(const ParsedLine& parsed) {
    if (const auto* decision = std::get_if<Decision>(&parsed)) {
        return decision->time_ns;
    }
    if (const auto* notice = std::get_if<Notice>(&parsed)) {
        return notice->time_ns;
    }
    return std::nullopt;
}

/// In bytes; 0 when it cannot be told.
std::uint64_t size_of(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::string_view without_carriage_return(std::string_view text) {
    return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

}  // namespace

void TimeMerge::enqueue(const std::vector<FileId>& grown) {
    const bool by_turns = by_turns_ && std::exchange(enqueued_before_, true);
    // Alone in line, a file needs no look ahead.
    if (by_turns || (grown.size() == 1 && waiting_.empty())) {
        for (const FileId id : grown) {
            by_turns ? turns_.push_back(id) : waiting_.push({kOldest, id});
        }
        return;
    }
    for (const FileId id : grown) {
        if (const auto next_ns = peek(id)) {
            waiting_.push({*next_ns, id});
        }
    }
}

void TimeMerge::start(const Cursor& cursor, const KnownFile& file, std::uint64_t wanted) {
    reader_.start(cursor.fd.get(), file.offset, file.inside_long_line, tail_,
                  cursor.long_line_begin, wanted);
}

/// What the file's fingerprint will be made of when the line was its last.
void TimeMerge::keep_last(Cursor& cursor, const Line& line) const {
    const std::string_view text = line.text;
    const bool whole = !line.too_long && text.size() + 1 >= cursor.last.size() &&
                       line.end - line.begin > text.size();
    cursor.last_end = whole ? line.end : 0;
    if (whole) {
        text.substr(text.size() + 1 - cursor.last.size()).copy(cursor.last.data(), text.size());
        cursor.last.back() = '\n';
    }
}

const std::string& TimeMerge::boundary_session_in(const Cursor& cursor) {
    constexpr std::size_t kMostKept = 1024;
    if (const auto kept = boundary_sessions_.find(cursor.id); kept != boundary_sessions_.end()) {
        return kept->second;
    }
    if (boundary_sessions_.size() >= kMostKept) {
        boundary_sessions_.clear();
    }
    return boundary_sessions_.emplace(cursor.id, boundary_session_of(cursor.fd.get(), parser_))
        .first->second;
}

std::optional<std::int64_t> TimeMerge::peek(FileId id) {
    Cursor* cursor = cursor_of(id);
    if (cursor == nullptr) {
        return std::nullopt;
    }
    start(*cursor, files_.file(id), 0);
    for (int i = 0; i < kPeekLines; ++i) {
        const auto line = reader_.next();
        if (!line || !*line) {
            break;
        }
        Line copy = **line;
        if (const auto parsed = parse(copy)) {
            if (const auto time_ns = time_of(*parsed)) {
                return *time_ns;
            }
        }
    }
    return kOldest;
}

bool TimeMerge::read(std::uint64_t budget_bytes, const Visit& visit, const MayVisit& may_visit) {
    let_held_back_go_on();
    const std::size_t most_held_back = held_back_.size() + kLooksAtHeldBack;
    const std::uint64_t granted = budget_bytes;
    while (any_in_line() && budget_bytes > 0 &&
           held_back_.size() + held_by_time_.size() < most_held_back) {
        const bool alone = read_by_time_ < kAloneBytes && !waiting_.empty();
        if (!turns_.empty() && !alone && (turn_is_next_ || waiting_.empty())) {
            read_by_turn(budget_bytes, visit, may_visit);
            turn_is_next_ = false;
        } else {
            const std::uint64_t before = budget_bytes;
            read_oldest(budget_bytes, visit, may_visit);
            read_by_time_ += before - budget_bytes;
            turn_is_next_ = true;
        }
    }
    stalled_ = budget_bytes == granted && !(held_back_.empty() && held_by_time_.empty());
    return !empty();
}

void TimeMerge::let_held_back_go_on() {
    for (const Waiting& held : std::exchange(held_by_time_, {})) {
        waiting_.push(held);
    }
    for (std::size_t i = 0; i < kLooksAtHeldBack && !held_back_.empty(); ++i) {
        turns_.push_back(held_back_.front());
        held_back_.pop_front();
    }
}

/// Whether there is nothing to read of a file that is in line, for now or for ever.
bool TimeMerge::is_done_with(FileId id) {
    if (!files_.knows(id)) {
        return true;
    }
    // Truncated while in line: what its inode holds now is another log.
    if (KnownFile& file = files_.file(id); file.gone && file.size <= file.offset) {
        file.queued = false;
        return true;
    }
    return was_rewritten(id);
}

void TimeMerge::read_oldest(std::uint64_t& budget, const Visit& visit, const MayVisit& may_visit) {
    const FileId id = waiting_.top().id;
    waiting_.pop();
    if (is_done_with(id)) {
        return;
    }
    const std::int64_t limit = waiting_.empty()
                                   ? std::numeric_limits<std::int64_t>::max()
                                   : base::add_saturated(waiting_.top().next_ns, kSlackNs);
    const bool shared = by_turns_ && read_by_time_ >= kAloneBytes && !turns_.empty();
    std::uint64_t turn = shared ? std::min(budget, kTurnBytes) : budget;
    const std::uint64_t granted = turn;
    std::int64_t next_ns = 0;
    const Stop stop = read_file(id, limit, turn, next_ns, visit, may_visit);
    budget -= granted - turn;
    switch (stop) {
        case Stop::AtEnd:
            files_.file(id).queued = false;
            break;
        case Stop::HeldBack:
            held_by_time_.push_back({next_ns, id});
            break;
        case Stop::AtLimit:
        case Stop::AtBudget:
            waiting_.push({next_ns, id});
            break;
    }
    remember_end(id);
}

void TimeMerge::read_by_turn(std::uint64_t& budget, const Visit& visit, const MayVisit& may_visit) {
    const FileId id = turns_.front();
    turns_.pop_front();
    if (is_done_with(id)) {
        return;
    }
    std::uint64_t turn = std::min(budget, kTurnBytes);
    const std::uint64_t granted = turn;
    std::int64_t next_ns = 0;
    const Stop stop =
        read_file(id, std::numeric_limits<std::int64_t>::max(), turn, next_ns, visit, may_visit);
    budget -= granted - turn;
    if (stop == Stop::AtEnd) {
        files_.file(id).queued = false;
    } else {
        (stop == Stop::HeldBack ? held_back_ : turns_).push_back(id);
    }
    remember_end(id);
}

bool TimeMerge::was_rewritten(FileId id) {
    const KnownFile& file = files_.file(id);
    Cursor* cursor = file.fingerprint == 0 ? nullptr : cursor_of(id);
    if (cursor == nullptr ||
        fingerprint_before(cursor->fd.get(), file.offset) == file.fingerprint) {
        return false;
    }
    const std::uint64_t size = size_of(cursor->fd.get());
    open_.drop(id);
    enqueue({files_.changed_behind(id, size)});
    return true;
}

void TimeMerge::remember_end(FileId id) {
    if (const Cursor* open = open_.find(id)) {
        KnownFile& file = files_.file(id);
        file.fingerprint = open->last_end > 0 && open->last_end == file.offset
                               ? fingerprint_of({open->last.data(), open->last.size()})
                               : fingerprint_before(open->fd.get(), file.offset);
    }
}

TimeMerge::Stop TimeMerge::read_file(FileId id, std::int64_t limit_ns, std::uint64_t& budget,
                                     std::int64_t& next_ns, const Visit& visit,
                                     const MayVisit& may_visit) {
    Cursor* cursor = cursor_of(id);
    if (cursor == nullptr) {
        return Stop::AtEnd;
    }
    KnownFile& file = files_.file(id);
    if (!count_up_to(*cursor, file.offset)) {
        return Stop::AtEnd;
    }
    start(*cursor, file, budget);
    next_ns = kOldest;
    while (true) {
        const auto next = reader_.next();
        if (!next) {
            give_up(id, next.error());
            return Stop::AtEnd;
        }
        if (!*next) {
            const std::uint64_t before = file.offset;
            file.offset = cursor->counted = reader_.offset();
            file.inside_long_line = reader_.inside_long_line();
            cursor->long_line_begin = reader_.long_line_begin();
            budget -= std::min(budget, reader_.more() ? file.offset - before : 0);
            return reader_.more() ? Stop::AtBudget : Stop::AtEnd;
        }
        Line line = **next;
        if (line.begin > 0 && !cursor->boundary_session) {
            cursor->boundary_session = boundary_session_in(*cursor);
        }
        auto parsed = parse(line);
        if (!parsed) {
            give_up(id, parsed.error());
            return Stop::AtEnd;
        }
        const LocatedLine located{
            .file_id = id,
            .file = &file,
            .session = cursor->session,
            .boundary_session =
                cursor->boundary_session ? std::string_view(*cursor->boundary_session) : "",
            .line = line,
            .parsed = *parsed,
            .before = cursor->before};
        if (const auto time_ns = time_of(located.parsed)) {
            next_ns = *time_ns;
            if (*time_ns > limit_ns) {
                return Stop::AtLimit;
            }
        }
        if (budget == 0) {
            return Stop::AtBudget;
        }
        if (may_visit && !may_visit(located)) {
            return Stop::HeldBack;
        }
        cursor->before.pass(std::holds_alternative<Decision>(located.parsed));
        cursor->counted = file.offset = line.end;
        keep_last(*cursor, line);
        file.inside_long_line = false;
        budget -= std::min(budget, line.end - line.begin);
        visit(located);
    }
}

/// Gives an over-long line its head as its text.
base::Result<ParsedLine> TimeMerge::parse(Line& line) {
    if (!line.too_long) {
        return parser_.parse(without_carriage_return(line.text));
    }
    return reader_.head(line).map([this, &line](std::string_view head) {
        line.text = head;
        return parser_.parse_head(head);
    });
}

TimeMerge::Cursor* TimeMerge::cursor_of(FileId id) {
    const auto cursor = open_.get(id);
    if (!cursor) {
        give_up(id, cursor.error());
        return nullptr;
    }
    return *cursor;
}

/// For a file of which no place is known: between what is settled and what is read lies what is in
/// flight, so there is little to read again; but for one of which an older version kept no counts.
bool TimeMerge::count_up_to(Cursor& cursor, std::uint64_t offset) {
    if (cursor.counted >= offset) {
        return true;
    }
    reader_.start(cursor.fd.get(), cursor.counted, false, tail_);
    std::uint64_t behind_last = cursor.counted;
    while (true) {
        const auto line = reader_.next();
        if (!line) {
            give_up(cursor.id, line.error());
            return false;
        }
        if (!*line && reader_.more() && reader_.offset() < offset) {
            continue;
        }
        if (!*line || (*line)->end > offset) {
            break;
        }
        Line copy = **line;
        const auto parsed = parse(copy);
        if (!parsed) {
            give_up(cursor.id, parsed.error());
            return false;
        }
        behind_last = copy.end;
        cursor.before.pass(std::holds_alternative<Decision>(*parsed));
    }
    cursor.long_line_begin = behind_last;
    cursor.counted = offset;
    return true;
}

void TimeMerge::give_up(FileId id, const base::Error& error) {
    errors_.push_back(error.message);
    files_.file(id).queued = false;  // a later scan tries again
}

}  // namespace tailer
