// SPDX-License-Identifier: MIT
#include "tailer/lines/time_merge.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <sys/stat.h>

#include "base/nanoseconds.h"
#include "tailer/files/decompressed.h"
#include "tailer/files/file_fingerprint.h"
#include "tailer/lines/boundary_session.h"

namespace tailer {
namespace {

constexpr std::size_t kOpenFiles = 16;
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
    // Alone in line, a file needs no look ahead: the live daemon's common case.
    if (grown.size() == 1 && waiting_.empty()) {
        waiting_.push({kOldest, grown.front()});
        return;
    }
    for (const FileId id : grown) {
        if (const auto next_ns = peek(id)) {
            waiting_.push({*next_ns, id});
        }
    }
}

std::optional<std::int64_t> TimeMerge::peek(FileId id) {
    Cursor* cursor = cursor_of(id);
    if (cursor == nullptr) {
        return std::nullopt;
    }
    const KnownFile& file = files_.file(id);
    reader_.start(cursor->fd.get(), file.offset, file.inside_long_line, tail_);
    for (int i = 0; i < kPeekLines; ++i) {
        const auto line = reader_.next();
        if (!line || !*line) {
            break;
        }
        if (const auto time_ns = time_of(parser_.parse(without_carriage_return((*line)->text)))) {
            return *time_ns;
        }
    }
    return kOldest;
}

bool TimeMerge::read(std::uint64_t budget_bytes,
                     const std::function<void(const LocatedLine&)>& visit) {
    while (!waiting_.empty() && budget_bytes > 0) {
        const FileId id = waiting_.top().id;
        waiting_.pop();
        if (!files_.knows(id)) {
            continue;
        }
        // Truncated while in line: what its inode holds now is another log.
        if (KnownFile& file = files_.file(id); file.gone && file.size <= file.offset) {
            file.queued = false;
            continue;
        }
        const std::int64_t limit = waiting_.empty()
                                       ? std::numeric_limits<std::int64_t>::max()
                                       : base::add_saturated(waiting_.top().next_ns, kSlackNs);
        if (was_rewritten(id)) {
            continue;
        }
        std::int64_t next_ns = 0;
        if (read_file(id, limit, budget_bytes, next_ns, visit) == Stop::AtEnd) {
            files_.file(id).queued = false;
        } else {
            waiting_.push({next_ns, id});
        }
        remember_end(id);
    }
    return !waiting_.empty();
}

bool TimeMerge::was_rewritten(FileId id) {
    const KnownFile& file = files_.file(id);
    Cursor* cursor = file.fingerprint == 0 ? nullptr : cursor_of(id);
    if (cursor == nullptr ||
        fingerprint_before(cursor->fd.get(), file.offset) == file.fingerprint) {
        return false;
    }
    const std::uint64_t size = size_of(cursor->fd.get());
    cursors_.pop_back();  // the most recently used one
    enqueue({files_.changed_behind(id, size)});
    return true;
}

void TimeMerge::remember_end(FileId id) {
    const auto cursor = std::ranges::find(cursors_, id, [](const auto& open) { return open->id; });
    if (cursor != cursors_.end()) {
        KnownFile& file = files_.file(id);
        file.fingerprint = fingerprint_before((*cursor)->fd.get(), file.offset);
    }
}

TimeMerge::Stop TimeMerge::read_file(FileId id, std::int64_t limit_ns, std::uint64_t& budget,
                                     std::int64_t& next_ns,
                                     const std::function<void(const LocatedLine&)>& visit) {
    Cursor* cursor = cursor_of(id);
    if (cursor == nullptr) {
        return Stop::AtEnd;
    }
    KnownFile& file = files_.file(id);
    if (!count_up_to(*cursor, file.offset)) {
        return Stop::AtEnd;
    }
    reader_.start(cursor->fd.get(), file.offset, file.inside_long_line, tail_);
    next_ns = kOldest;
    while (true) {
        const auto next = reader_.next();
        if (!next) {
            give_up(id, next.error());
            return Stop::AtEnd;
        }
        if (!*next) {
            file.offset = reader_.offset();
            file.inside_long_line = reader_.inside_long_line();
            cursor->counted = file.offset;
            return Stop::AtEnd;
        }
        const Line& line = **next;
        if (line.begin > 0 && !cursor->boundary_session) {
            cursor->boundary_session = boundary_session_of(cursor->fd.get(), parser_);
        }
        const LocatedLine located{
            .file_id = id,
            .file = &file,
            .session = cursor->session,
            .boundary_session =
                cursor->boundary_session ? std::string_view(*cursor->boundary_session) : "",
            .line = line,
            .parsed = parse(line),
            .before = cursor->before};
        if (const auto time_ns = time_of(located.parsed)) {
            next_ns = *time_ns;
            if (*time_ns > limit_ns || budget == 0) {
                return *time_ns > limit_ns ? Stop::AtLimit : Stop::AtBudget;
            }
        } else if (budget == 0) {
            return Stop::AtBudget;
        }
        cursor->before.pass(std::holds_alternative<Decision>(located.parsed));
        cursor->counted = file.offset = line.end;
        file.inside_long_line = false;
        budget -= std::min(budget, line.end - line.begin);
        visit(located);
    }
}

ParsedLine TimeMerge::parse(const Line& line) {
    return line.too_long ? Unparsed{"too_long"} : parser_.parse(without_carriage_return(line.text));
}

TimeMerge::Cursor* TimeMerge::cursor_of(FileId id) {
    const auto found =
        std::ranges::find_if(cursors_, [id](const auto& cursor) { return cursor->id == id; });
    if (found != cursors_.end()) {
        std::rotate(found, found + 1, cursors_.end());
        return cursors_.back().get();
    }
    const KnownFile& file = files_.file(id);
    auto fd = files_.open(file);
    if (fd) {
        fd = decompressed(std::move(*fd), file.name.text());
    }
    if (!fd) {
        give_up(id, fd.error());
        return nullptr;
    }
    if (cursors_.size() >= kOpenFiles) {
        cursors_.erase(cursors_.begin());
    }
    auto cursor = std::make_unique<Cursor>();
    cursor->id = id;
    cursor->fd = std::move(*fd);
    cursor->session = file.session();
    if (file.settled_counts.known()) {
        cursor->before = file.settled_counts;
        cursor->counted = file.settled;
    }
    cursors_.push_back(std::move(cursor));
    return cursors_.back().get();
}

/// Between what is settled and what is read lies what is in flight, so there is little to read
/// again; but for a file of which an older version kept no counts.
bool TimeMerge::count_up_to(Cursor& cursor, std::uint64_t offset) {
    if (cursor.counted >= offset) {
        return true;
    }
    reader_.start(cursor.fd.get(), cursor.counted, false, tail_);
    while (true) {
        const auto line = reader_.next();
        if (!line) {
            give_up(cursor.id, line.error());
            return false;
        }
        if (!*line || (*line)->end > offset) {
            break;
        }
        cursor.before.pass(std::holds_alternative<Decision>(parse(**line)));
    }
    cursor.counted = offset;
    return true;
}

void TimeMerge::give_up(FileId id, const base::Error& error) {
    errors_.push_back(error.message);
    files_.file(id).queued = false;  // a later scan tries again
}

}  // namespace tailer
