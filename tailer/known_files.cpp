// SPDX-License-Identifier: MIT
#include "tailer/known_files.h"

#include <memory>
#include <unordered_set>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tailer/log_file_name.h"

namespace tailer {
namespace {

/// Never kept: the kernel tells of a folder's removal only when nobody has it open.
base::UniqueFd open_folder(const std::string& path) {
    return base::UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
};

FileIdentity identity_of(const struct statx& info) {
    FileIdentity identity;
    identity.inode = info.stx_ino;
    if ((info.stx_mask & STATX_BTIME) != 0U) {
        identity.birth_ns = info.stx_btime.tv_sec * 1'000'000'000 +
                            static_cast<std::int64_t>(info.stx_btime.tv_nsec);
    }
    return identity;
}

bool is_packed(std::string_view name) {
    return without_compression_suffix(name).size() != name.size();
}

constexpr unsigned kWanted = STATX_TYPE | STATX_INO | STATX_SIZE | STATX_BTIME;

}  // namespace

KnownFiles::KnownFiles(std::vector<std::string> folders, std::vector<FileProgress> resume)
    : folders_(std::move(folders)),
      listed_(folders_.size()),
      names_(folders_.size()),
      inodes_(folders_.size()) {
    for (auto& progress : resume) {
        const auto key = std::pair(progress.folder, progress.identity.inode);
        resume_.insert_or_assign(key, std::move(progress));
    }
}

std::optional<KnownFiles::Seen> KnownFiles::examine(int folder_fd, const char* name) {
    struct statx info {};
    if (::statx(folder_fd, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, kWanted, &info) != 0) {
        return std::nullopt;
    }
    if (!S_ISREG(info.stx_mode)) {
        ++troubles_.not_regular;
        return std::nullopt;
    }
    return Seen{identity_of(info), info.stx_size};
}

void KnownFiles::scan(std::uint32_t folder, const std::function<bool(std::string_view)>& wanted) {
    const base::UniqueFd folder_fd = open_folder(folders_[folder]);
    // fdopendir takes its descriptor over; ours stays for statx.
    const int list_fd =
        folder_fd.valid() ? ::openat(folder_fd.get(), ".", O_RDONLY | O_CLOEXEC) : -1;
    const std::unique_ptr<DIR, CloseDir> dir(list_fd < 0 ? nullptr : ::fdopendir(list_fd));
    if (!dir) {
        return;
    }
    std::unordered_set<FileId> present;
    while (const dirent* entry = ::readdir(dir.get())) {
        const std::string_view name = static_cast<const char*>(entry->d_name);
        const auto known = inodes_[folder].find(entry->d_ino);
        // A file that was renamed away from its pattern is still ours until it is read out.
        if (!wanted(name) && known == inodes_[folder].end()) {
            continue;
        }
        const auto seen = examine(folder_fd.get(), entry->d_name);
        if (seen) {
            note(folder, name, *seen);
            if (const auto now = inodes_[folder].find(seen->identity.inode);
                now != inodes_[folder].end()) {
                present.insert(now->second);
            }
        }
    }
    listed_[folder] = listed_[folder] || !present.empty();
    for (const auto& [inode, id] : inodes_[folder]) {
        files_.at(id).gone = !present.contains(id);
    }
}

void KnownFiles::look(std::uint32_t folder, const std::string& name) {
    const base::UniqueFd folder_fd = open_folder(folders_[folder]);
    if (!folder_fd.valid()) {
        return;
    }
    if (const auto seen = examine(folder_fd.get(), name.c_str())) {
        note(folder, name, *seen);
        return;
    }
    if (const auto known = names_[folder].find(name); known != names_[folder].end()) {
        files_.at(known->second).gone = true;  // until a scan finds it under another name
    }
}

void KnownFiles::note_loss(const KnownFile& file) {
    if (file.size > file.offset) {
        losses_.push_back({file.session, file.size - file.offset});
    }
}

void KnownFiles::note(std::uint32_t folder, std::string_view name, const Seen& seen) {
    const auto by_inode = inodes_[folder].find(seen.identity.inode);
    FileId id = 0;
    if (by_inode != inodes_[folder].end() &&
        files_.at(by_inode->second).identity == seen.identity &&
        (seen.identity.birth_ns != 0 || files_.at(by_inode->second).name == name)) {
        id = by_inode->second;
        KnownFile& file = files_.at(id);
        if (file.name != name) {
            // Another file may have taken the name over already.
            if (const auto old = names_[folder].find(file.name);
                old != names_[folder].end() && old->second == id) {
                names_[folder].erase(old);
            }
            file.name = name;
            names_[folder].insert_or_assign(file.name, id);
        }
        if (seen.size < file.size) {
            ++troubles_.truncated;
            note_loss(file);
            file.gone = true;
            file.size = file.offset;
            id = add(folder, name, seen);  // what is written from here on is another log
            files_.at(id).start = files_.at(id).offset = 0;
        }
    } else {
        if (by_inode != inodes_[folder].end()) {
            files_.at(by_inode->second).gone = true;  // the new file took over its inode
        }
        id = add(folder, name, seen);
    }
    KnownFile& file = files_.at(id);
    file.gone = false;
    // Offsets in a packed file are those of its content, which its size says nothing of.
    const bool unread = is_packed(name) ? seen.size != file.size : seen.size > file.offset;
    if (unread && !file.queued) {
        file.queued = true;
        grown_.push_back(id);
    }
    file.size = seen.size;
}

const FileProgress* KnownFiles::progress_of(std::uint32_t folder, std::string_view name,
                                            const Seen& seen) const {
    const auto found = resume_.find({folders_[folder], seen.identity.inode});
    if (found == resume_.end() || found->second.identity != seen.identity ||
        (!is_packed(name) && found->second.offset > seen.size) ||
        (seen.identity.birth_ns == 0 && found->second.name != name)) {
        return nullptr;
    }
    return &found->second;
}

std::vector<FileProgress> KnownFiles::unseen() const {
    std::vector<FileProgress> unseen;
    for (const auto& [key, progress] : resume_) {
        for (std::size_t i = 0; i < folders_.size(); ++i) {
            if (!listed_[i] && folders_[i] == progress.folder) {
                unseen.push_back(progress);
            }
        }
    }
    return unseen;
}

FileId KnownFiles::add(std::uint32_t folder, std::string_view name, const Seen& seen) {
    const FileId id = next_id_++;
    KnownFile file;
    file.folder = folder;
    file.name = name;
    file.session = session_of(name);
    file.identity = seen.identity;
    if (const FileProgress* progress = progress_of(folder, name, seen)) {
        file.session = progress->session.empty() ? session_of(progress->name) : progress->session;
        file.start = file.offset = progress->offset;
    }
    names_[folder].insert_or_assign(file.name, id);
    inodes_[folder].insert_or_assign(seen.identity.inode, id);
    files_.emplace(id, std::move(file));
    return id;
}

std::vector<FileId> KnownFiles::take_grown() { return std::exchange(grown_, {}); }

base::Result<base::UniqueFd> KnownFiles::open(const KnownFile& file) {
    const base::UniqueFd folder_fd = open_folder(folders_[file.folder]);
    // O_NONBLOCK: a FIFO put in the file's place must not hold us.
    base::UniqueFd fd(folder_fd.valid()
                          ? ::openat(folder_fd.get(), file.name.c_str(),
                                     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
                          : -1);
    const std::string path = folders_[file.folder] + "/" + file.name;
    if (!fd.valid()) {
        const int code = errno;
        troubles_.unreadable += code == ENOENT ? 0U : 1U;
        return base::system_failure("cannot open", path, code);
    }
    struct statx info {};
    if (::statx(fd.get(), "", AT_EMPTY_PATH, kWanted, &info) != 0 || !S_ISREG(info.stx_mode) ||
        identity_of(info) != file.identity) {
        return base::failure(path + " is not the file that was seen", ESTALE);
    }
    return fd;
}

void KnownFiles::forget(FileId id) {
    const auto found = files_.find(id);
    if (found == files_.end()) {
        return;
    }
    const KnownFile& file = found->second;
    note_loss(file);
    const auto drop = [id](auto& index, const auto& key) {
        if (const auto entry = index.find(key); entry != index.end() && entry->second == id) {
            index.erase(entry);
        }
    };
    drop(names_[file.folder], file.name);
    drop(inodes_[file.folder], file.identity.inode);
    files_.erase(found);
}

}  // namespace tailer
