// SPDX-License-Identifier: MIT
#include "tailer/known_files.h"

#include <algorithm>
#include <tuple>

#include "tailer/log_file_name.h"

namespace tailer {
namespace {

bool is_packed(std::string_view name) {
    return without_compression_suffix(name).size() != name.size();
}

std::tuple<std::string_view, std::uint64_t> key_of(const FileProgress& progress) {
    return {progress.folder, progress.identity.inode};
}

std::size_t hash_of(std::string_view name) { return std::hash<std::string_view>{}(name); }

}  // namespace

std::string KnownFile::session() const { return first_session ? *first_session : session_of(name); }

KnownFiles::KnownFiles(std::vector<std::string> folders, std::vector<FileProgress> resume)
    : folders_(std::move(folders)),
      listed_(folders_.size()),
      resume_(std::move(resume)),
      names_(folders_.size()),
      inodes_(folders_.size()),
      skipped_(folders_.size()) {
    std::ranges::stable_sort(resume_, {}, key_of);
}

Owners KnownFiles::owners_of(int folder_fd) const {
    return all_owners_ ? Owners::any() : Owners::of_folder(folder_fd);
}

void KnownFiles::scan(std::uint32_t folder, const std::function<bool(std::string_view)>& wanted) {
    const base::UniqueFd folder_fd = open_folder(folders_[folder]);
    const Owners owners = owners_of(folder_fd.get());
    skipped_.begin_scan(folder);
    for (const auto& [inode, id] : inodes_[folder]) {
        files_.at(id).listed = false;
    }
    bool any = false;
    const auto visit = [&](const char* name, std::uint64_t inode) {
        // A file that was renamed away from its pattern is still ours until it is read out.
        if (!wanted(name) && !inodes_[folder].contains(inode)) {
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
            skipped_.seen_in_scan(folder, *refused, name);
            return;
        }
        note(folder, name, *seen);
        if (const auto now = inodes_[folder].find(seen->identity.inode);
            now != inodes_[folder].end()) {
            files_.at(now->second).listed = any = true;
        }
    };
    if (!list_folder(folder_fd.get(), visit)) {
        return;
    }
    skipped_.end_scan(folder);
    listed_[folder] = listed_[folder] || any;
    for (const auto& [inode, id] : inodes_[folder]) {
        set_gone(id, !files_.at(id).listed);
    }
    drop_resumed();
}

void KnownFiles::look(std::uint32_t folder, const std::string& name) {
    const base::UniqueFd folder_fd = open_folder(folders_[folder]);
    if (!folder_fd.valid()) {
        return;
    }
    if (const auto seen = examine(folder_fd.get(), name.c_str())) {
        const auto refused = owners_of(folder_fd.get()).refuse(*seen);
        if (!refused) {
            note(folder, name, *seen);
            return;
        }
        skipped_.seen_alone(folder, *refused, name);
    }
    if (const FileId known = find_name(folder, name); known != 0) {
        set_gone(known, true);  // until a scan finds it under another name
    }
}

void KnownFiles::note_loss(const KnownFile& file) {
    if (file.size > file.offset) {
        losses_.push_back({file.session(), file.size - file.offset, false});
    }
}

void KnownFiles::note(std::uint32_t folder, std::string_view name, const SeenFile& seen) {
    const auto by_inode = inodes_[folder].find(seen.identity.inode);
    FileId id = 0;
    if (by_inode != inodes_[folder].end() &&
        files_.at(by_inode->second).identity == seen.identity &&
        (seen.identity.birth_ns != 0 || files_.at(by_inode->second).name == name)) {
        id = by_inode->second;
        KnownFile& file = files_.at(id);
        if (file.name != name) {
            // Another file may have taken the name over already.
            if (find_name(folder, file.name) == id) {
                names_[folder].erase(hash_of(file.name));
            }
            if (!file.first_session && session_of(name) != file.session()) {
                file.first_session = std::make_unique<const std::string>(file.session());
            }
            file.name = name;
            names_[folder].insert_or_assign(hash_of(name), id);
            note_changed(id);
        }
        if (seen.size < file.size) {
            ++troubles_.truncated;
            note_loss(file);
            set_gone(id, true);
            file.size = file.offset;
            id = add(folder, name, seen);  // what is written from here on is another log
            files_.at(id).settled = files_.at(id).offset = 0;
        }
    } else {
        if (by_inode != inodes_[folder].end()) {
            set_gone(by_inode->second, true);  // the new file took over its inode
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

FileProgress* KnownFiles::progress_of(std::uint32_t folder, std::string_view name,
                                      const SeenFile& seen) {
    const std::tuple<std::string_view, std::uint64_t> key(folders_[folder], seen.identity.inode);
    const auto behind = std::ranges::upper_bound(resume_, key, {}, key_of);
    if (behind == resume_.begin() || key_of(*std::prev(behind)) != key) {
        return nullptr;
    }
    FileProgress& progress = *std::prev(behind);
    if (progress.name.empty() || progress.identity != seen.identity ||
        (!is_packed(name) && progress.offset > seen.size) ||
        (seen.identity.birth_ns == 0 && progress.name != name)) {
        return nullptr;
    }
    return &progress;
}

/// Gives back the memory of what files have taken up; what is left may still come.
void KnownFiles::drop_resumed() {
    const auto taken = [](const FileProgress& progress) { return progress.name.empty(); };
    if (std::erase_if(resume_, taken) > 0) {
        resume_.shrink_to_fit();
    }
}

std::vector<FileProgress> KnownFiles::unseen() const {
    std::vector<FileProgress> unseen;
    for (const auto& progress : resume_) {
        for (std::size_t i = 0; i < folders_.size(); ++i) {
            if (!listed_[i] && folders_[i] == progress.folder && !progress.name.empty()) {
                unseen.push_back(progress);
            }
        }
    }
    return unseen;
}

FileId KnownFiles::find_name(std::uint32_t folder, std::string_view name) const {
    const auto hashed = names_[folder].find(hash_of(name));
    if (hashed == names_[folder].end()) {
        return 0;
    }
    const auto found = files_.find(hashed->second);
    return found != files_.end() && found->second.name == name ? found->first : 0;
}

FileId KnownFiles::add(std::uint32_t folder, std::string_view name, const SeenFile& seen) {
    const FileId id = next_id_++;
    KnownFile file;
    file.folder = folder;
    file.name = name;
    file.identity = seen.identity;
    if (FileProgress* progress = progress_of(folder, name, seen)) {
        const std::string first =
            progress->session.empty() ? session_of(progress->name) : progress->session;
        if (first != session_of(name)) {
            file.first_session = std::make_unique<const std::string>(first);
        }
        file.settled = file.offset = progress->offset;
        progress->name = {};
    }
    names_[folder].insert_or_assign(hash_of(name), id);
    inodes_[folder].insert_or_assign(seen.identity.inode, id);
    files_.emplace(id, std::move(file));
    note_changed(id);
    return id;
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

void KnownFiles::settle(FileId id, std::uint64_t offset) {
    if (const auto found = files_.find(id); found != files_.end()) {
        found->second.settled = offset;
        note_changed(id);
    }
}

std::vector<FileId> KnownFiles::take_changed() {
    std::erase_if(changed_, [this](FileId id) { return !files_.contains(id); });
    for (const FileId id : changed_) {
        files_.at(id).changed = false;
    }
    return std::exchange(changed_, {});
}

bool KnownFiles::is_replaced(const KnownFile& file) const {
    const auto found = inodes_[file.folder].find(file.identity.inode);
    return found != inodes_[file.folder].end() && !files_.at(found->second).gone;
}

std::vector<FileId> KnownFiles::take_grown() { return std::exchange(grown_, {}); }

base::Result<base::UniqueFd> KnownFiles::open(const KnownFile& file) {
    const std::string& folder = folders_[file.folder];
    auto fd = open_seen(open_folder(folder).get(), folder, file.name, file.identity);
    if (!fd && fd.error().code != ENOENT) {
        // ELOOP, ENXIO: a link or a socket stands where the file was.
        const int code = fd.error().code;
        const bool swapped = code == ESTALE || code == ELOOP || code == ENXIO;
        skipped_.at_open(swapped ? SkipReason::Swapped : SkipReason::Unreadable);
    }
    return fd;
}

FileId KnownFiles::restart(FileId id) {
    ++troubles_.rewritten;
    KnownFile& old = files_.at(id);
    losses_.push_back({old.session(), 0, true});
    const SeenFile seen{old.identity, old.size};
    const std::string name = old.name;
    const std::uint32_t folder = old.folder;
    set_gone(id, true);
    old.size = old.offset;
    const FileId fresh = add(folder, name, seen);
    KnownFile& file = files_.at(fresh);
    file.settled = file.offset = 0;
    file.size = seen.size;
    file.queued = true;
    grown_.push_back(fresh);
    return fresh;
}

void KnownFiles::forget(FileId id) {
    const auto found = files_.find(id);
    if (found == files_.end()) {
        return;
    }
    const KnownFile& file = found->second;
    troubles_.removed += file.size > file.offset ? 1 : 0;
    note_loss(file);
    if (find_name(file.folder, file.name) == id) {
        names_[file.folder].erase(hash_of(file.name));
    }
    auto& inodes = inodes_[file.folder];
    if (const auto entry = inodes.find(file.identity.inode);
        entry != inodes.end() && entry->second == id) {
        inodes.erase(entry);
    }
    files_.erase(found);
}

}  // namespace tailer
