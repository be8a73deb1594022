// SPDX-License-Identifier: MIT
#include "tailer/lines/open_files.h"

#include <algorithm>
#include <utility>

#include "tailer/files/decompressed.h"

namespace tailer {
namespace {

constexpr std::size_t kMostOpen = 16;

}  // namespace

base::Result<OpenFiles::Cursor*> OpenFiles::get(FileId id) {
    const auto found = std::ranges::find(cursors_, id, [](const auto& open) { return open->id; });
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
        return tl::unexpected(fd.error());
    }
    if (cursors_.size() >= kMostOpen) {
        close_oldest();
    }
    auto cursor = std::make_unique<Cursor>();
    cursor->id = id;
    cursor->fd = std::move(*fd);
    cursor->session = file.session();
    if (const auto place = places_.find(id);
        place != places_.end() && place->second.offset == file.offset) {
        cursor->before = place->second.before;
        cursor->counted = file.offset;
        cursor->long_line_begin = place->second.long_line_begin;
    } else if (file.settled_counts.known()) {
        cursor->before = file.settled_counts;
        cursor->counted = file.settled;
    }
    places_.erase(id);
    cursors_.push_back(std::move(cursor));
    return cursors_.back().get();
}

const OpenFiles::Cursor* OpenFiles::find(FileId id) const {
    const auto found = std::ranges::find(cursors_, id, [](const auto& open) { return open->id; });
    return found == cursors_.end() ? nullptr : found->get();
}

void OpenFiles::drop(FileId id) {
    std::erase_if(cursors_, [id](const auto& open) { return open->id == id; });
    places_.erase(id);
}

void OpenFiles::close_all() {
    while (!cursors_.empty()) {
        close_oldest();
    }
}

void OpenFiles::close_oldest() {
    keep_place(*cursors_.front());
    cursors_.erase(cursors_.begin());
}

/// What lies between the settled and the read of many files is read once, not at each opening.
void OpenFiles::keep_place(const Cursor& cursor) {
    if (!files_.knows(cursor.id)) {
        return;
    }
    const KnownFile& file = files_.file(cursor.id);
    if (cursor.counted == file.offset && (file.settled < file.offset || file.inside_long_line)) {
        places_.insert_or_assign(cursor.id,
                                 Place{file.offset, cursor.before, cursor.long_line_begin});
        drop_places();
    }
}

/// Of files that are settled by now, or forgotten.
void OpenFiles::drop_places() {
    constexpr std::size_t kFew = 1024;
    if (places_.size() < std::max(kFew, most_places_)) {
        return;
    }
    std::erase_if(places_, [this](const auto& entry) {
        if (!files_.knows(entry.first)) {
            return true;
        }
        const KnownFile& file = files_.file(entry.first);
        return file.settled >= file.offset && !file.inside_long_line;
    });
    most_places_ = 2 * places_.size();
}

}  // namespace tailer
