// SPDX-License-Identifier: MIT
#include "tailer/files/known_files.h"

#include <algorithm>

#include <sys/stat.h>

#include "tailer/files/file_fingerprint.h"
#include "tailer/files/log_file_name.h"

namespace tailer {
namespace {

bool is_packed(std::string_view name) {
    return without_compression_suffix(name).size() != name.size();
}

}  // namespace

KnownFiles::KnownFiles(std::vector<std::string> folders, Progress resume)
    : folders_(std::move(folders)),
      resumed_(folders_, std::move(resume), files_),
      is_another_(folders_.size()),
      skipped_(folders_.size()) {}

Owners KnownFiles::owners_of(int folder_fd) const {
    return all_owners_ ? Owners::any() : Owners::of_folder(folder_fd, trusted_);
}

/// Not valid when the folder is not there, or is one before it in the list under another name.
base::UniqueFd KnownFiles::open_once(std::uint32_t folder) {
    base::UniqueFd fd = open_folder(folders_[folder]);
    struct stat here {};
    if (folder == 0 || !fd.valid() || ::fstat(fd.get(), &here) != 0) {
        return fd;
    }
    const auto before = folders_.begin() + folder;
    const auto same = std::find_if(folders_.begin(), before, [&here](const std::string& other) {
        struct stat there {};
        return ::stat(other.c_str(), &there) == 0 && there.st_dev == here.st_dev &&
               there.st_ino == here.st_ino;
    });
    if (same == before) {
        is_another_[folder] = false;
        return fd;
    }
    if (!is_another_[folder]) {
        is_another_[folder] = true;
        same_folders_.emplace_back(folders_[folder], *same);
    }
    return {};
}

void KnownFiles::scan(std::uint32_t folder, const std::function<bool(std::string_view)>& wanted) {
    const base::UniqueFd folder_fd = open_once(folder);
    const Owners owners = owners_of(folder_fd.get());
    skipped_.begin_scan(folder);
    files_.for_each(
        [folder](FileId, KnownFile& file) { file.listed = file.listed && file.folder != folder; });
    bool any = false;
    const auto visit = [&](const char* name, std::uint64_t inode) {
        // A file that was renamed away from its pattern is still ours until it is read out.
        if (!wanted(name) && files_.find_inode(folder, inode) == 0) {
            if (std::string_view(name) != "." && std::string_view(name) != "..") {
                skipped_.seen_in_scan(folder, SkipReason::Name, name);
            }
            return;
        }
        const auto seen = examine(folder_fd.get(), name);
        if (!seen) {
            return;
        }
        if (const auto refused = owners.refuse(*seen)) {
            skipped_.seen_in_scan(folder, *refused, name, seen->owner);
            return;
        }
        note(folder, name, *seen);
        if (const FileId now = files_.find_inode(folder, seen->identity.inode); now != 0) {
            files_.at(now).listed = any = true;
        }
    };
    if (!list_folder(folder_fd.get(), visit)) {
        return;
    }
    skipped_.end_scan(folder);
    files_.for_each([this, folder](FileId id, KnownFile& file) {
        if (file.folder == folder && !file.unseen) {
            set_gone(id, !file.listed);
        }
    });
    resumed_.listed(folder, any);
}

void KnownFiles::look(std::uint32_t folder, const std::string& name) {
    const base::UniqueFd folder_fd = open_once(folder);
    if (!folder_fd.valid()) {
        return;
    }
    if (const auto seen = examine(folder_fd.get(), name.c_str())) {
        const auto refused = owners_of(folder_fd.get()).refuse(*seen);
        if (!refused) {
            note(folder, name, *seen);
            return;
        }
        skipped_.seen_alone(folder, *refused, name, seen->owner);
    }
    if (const FileId known = files_.find_name(folder, CompactName(name)); known != 0) {
        set_gone(known, true);  // until a scan finds it under another name
    }
}

void KnownFiles::note_loss(const KnownFile& file) {
    if (file.size > file.offset) {
        losses_.push_back({file.session(), Loss::Kind::Unread, file.size - file.offset});
    }
}

void KnownFiles::note(std::uint32_t folder, std::string_view name, const SeenFile& seen) {
    FileId id = files_.find_inode(folder, seen.identity.inode);
    KnownFile* known = files_.find(id);
    CompactName compact(name);
    if (known != nullptr && known->identity == seen.identity &&
        (seen.identity.birth_ns != 0 || known->name == compact)) {
        KnownFile& file = *known;
        if (file.name != compact) {
            if (!file.first_session && session_of(name) != file.session()) {
                file.first_session = std::make_unique<const std::string>(file.session());
            }
            files_.rename(id, std::move(compact));
            note_changed(id);
        }
        if (seen.size < file.size) {
            ++troubles_.truncated;
            note_loss(file);
            id = begin_anew(id);
        }
    } else {
        if (known != nullptr) {
            set_gone(id, true);  // the new file took over its inode
        }
        id = add(folder, name, seen);
    }
    KnownFile& file = files_.at(id);
    set_gone(id, false);
    // Offsets in a packed file are those of its content, which its size says nothing of.
    const bool unread = is_packed(name) ? seen.size != file.size : seen.size > file.offset;
    if (unread && !file.queued) {
        file.queued = true;
        grown_.push_back(id);
    }
    file.size = seen.size;
}

base::Result<base::UniqueFd> KnownFiles::open_as_seen(const KnownFile& file) const {
    const std::string& folder = folders_[file.folder];
    return open_seen(open_folder(folder).get(), folder, file.name.text(), file.identity);
}

/// Whether the file holds what was read of the one that `progress` is of.
bool KnownFiles::goes_on(const KnownFile& file, std::uint64_t size,
                         const FileProgress& progress) const {
    if (progress.read() == 0 || progress.read() > size) {
        return false;
    }
    if (progress.fingerprint == 0) {
        return progress.identity == file.identity && file.identity.birth_ns != 0;
    }
    const auto fd = open_as_seen(file);
    return fd && fingerprint_before(fd->get(), progress.read()) == progress.fingerprint;
}

/// How far a log of this name had been worked off in another place or under another inode.
std::optional<FileProgress> KnownFiles::moved_here(const KnownFile& file,
                                                   std::uint64_t size) const {
    if (is_packed(file.name.text())) {
        return std::nullopt;  // not followed, and offsets are those of its content
    }
    for (std::uint32_t folder = 0; folder < folders_.size(); ++folder) {
        const KnownFile* other = files_.find(files_.find_name(folder, file.name));
        if (other == nullptr || other->size < other->offset) {
            continue;
        }
        FileProgress progress = progress_so_far(*other);  // what is in flight is the other one's
        if (goes_on(file, size, progress)) {
            return progress;
        }
    }
    const FileId told = resumed_.find_named(file.name, [&](const KnownFile& other) {
        return goes_on(file, size, progress_so_far(other));
    });
    return told != 0 ? std::optional(progress_so_far(*files_.find(told))) : std::nullopt;
}

void KnownFiles::note_learned(FileId id) {
    ++learned_;
    note_changed(id);
}

FileId KnownFiles::add(std::uint32_t folder, std::string_view name, const SeenFile& seen) {
    KnownFile file;
    file.folder = folder;
    file.name = CompactName(name);
    file.identity = seen.identity;
    const FileId told = resumed_.find(folder, name, seen.identity);
    auto progress =
        told != 0 ? std::optional(progress_so_far(files_.at(told))) : moved_here(file, seen.size);
    if (progress) {
        resume(file, std::move(*progress), seen);
    }
    FileId id = told;
    if (told != 0) {
        resumed_.take_up(told, std::move(file));
    } else {
        id = files_.add(std::move(file));
    }
    note_learned(id);
    return id;
}

/// Whether what was read beyond the offset may still stand there. The fingerprint becomes that of
/// the offset, where the file goes on.
bool KnownFiles::check_ahead(const KnownFile& file, FileProgress& progress) const {
    const auto fd = open_as_seen(file);
    const bool stands =
        !fd || fingerprint_before(fd->get(), progress.read()) == progress.fingerprint;
    progress.fingerprint = fd ? fingerprint_before(fd->get(), progress.offset) : 0;
    progress.ahead = 0;
    return stands;
}

void KnownFiles::resume(KnownFile& file, FileProgress progress, const SeenFile& seen) {
    const std::string name = file.name.text();
    std::string first =
        progress.session.empty() ? session_of(progress.name.text()) : progress.session;
    if (progress.read() > seen.size && !is_packed(name)) {
        ++troubles_.truncated;  // and what is written from here on is another log
        losses_.push_back({std::move(first), Loss::Kind::CutUnwatched});
        return;
    }
    if (progress.ahead > 0 && !check_ahead(file, progress)) {
        ++troubles_.rewritten;
        losses_.push_back({std::move(first), Loss::Kind::Rewritten});
        return;
    }
    file.settled = file.offset = progress.offset;
    file.settled_counts = progress.counts;
    file.fingerprint = progress.fingerprint;
    if (first != session_of(name)) {
        file.first_session = std::make_unique<const std::string>(std::move(first));
    }
}

void KnownFiles::note_changed(FileId id) {
    if (KnownFile& file = files_.at(id); !file.changed) {
        file.changed = true;
        changed_.push_back(id);
    }
}

void KnownFiles::set_gone(FileId id, bool gone) {
    if (KnownFile& file = files_.at(id); file.gone != gone) {
        file.gone = gone;
        note_changed(id);
    }
}

void KnownFiles::settle(FileId id, std::uint64_t offset, LineCounts counts) {
    if (KnownFile* file = files_.find(id); file != nullptr) {
        file->settled = offset;
        file->settled_counts = counts;
        note_changed(id);
    }
}

std::vector<FileId> KnownFiles::take_changed() {
    std::erase_if(changed_, [this](FileId id) { return !knows(id); });
    for (const FileId id : changed_) {
        files_.at(id).changed = false;
    }
    return std::exchange(changed_, {});
}

bool KnownFiles::is_replaced(const KnownFile& file) const {
    const FileId now = files_.find_inode(file.folder, file.identity.inode);
    return now != 0 && !files_.find(now)->gone;
}

std::vector<FileId> KnownFiles::take_grown() { return std::exchange(grown_, {}); }

base::Result<base::UniqueFd> KnownFiles::open(const KnownFile& file) {
    auto fd = open_as_seen(file);
    if (!fd && fd.error().code != ENOENT) {
        // ELOOP, ENXIO: a link or a socket stands where the file was.
        const int code = fd.error().code;
        const bool swapped = code == ESTALE || code == ELOOP || code == ENXIO;
        skipped_.at_open(file.folder, swapped ? SkipReason::Swapped : SkipReason::Unreadable,
                         file.name.text());
    }
    return fd;
}

FileId KnownFiles::changed_behind(FileId id, std::uint64_t size) {
    const KnownFile& file = files_.at(id);
    const bool packed = is_packed(file.name.text());
    if (!packed && size < file.offset) {
        ++troubles_.truncated;
        note_loss(file);
    } else {
        ++troubles_.rewritten;
        losses_.push_back({file.session(), Loss::Kind::Rewritten});
    }
    const std::uint64_t seen_size = packed ? file.size : size;
    const FileId fresh_id = begin_anew(id);
    files_.at(id).queued = false;
    KnownFile& fresh = files_.at(fresh_id);
    fresh.size = seen_size;
    fresh.queued = true;
    return fresh_id;
}

/// What its inode holds from here on is another log.
FileId KnownFiles::begin_anew(FileId id) {
    KnownFile& old = files_.at(id);
    set_gone(id, true);
    old.size = old.offset;
    KnownFile fresh;
    fresh.folder = old.folder;
    fresh.name = old.name;
    fresh.identity = old.identity;
    const FileId fresh_id = files_.add(std::move(fresh));
    note_learned(fresh_id);
    return fresh_id;
}

void KnownFiles::forget(FileId id) {
    if (!knows(id)) {
        return;
    }
    const KnownFile& file = files_.at(id);
    troubles_.removed += file.size > file.offset ? 1 : 0;
    note_loss(file);
    files_.erase(id);
}

}  // namespace tailer
