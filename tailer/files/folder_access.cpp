// SPDX-License-Identifier: MIT
#include "tailer/files/folder_access.h"

#include <algorithm>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nanoseconds.h"

namespace tailer {
namespace {

constexpr unsigned kWanted =
    STATX_TYPE | STATX_INO | STATX_SIZE | STATX_BTIME | STATX_UID | STATX_NLINK;

struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
};

FileIdentity identity_of(const struct statx& info) {
    FileIdentity identity;
    identity.inode = info.stx_ino;
    if ((info.stx_mask & STATX_BTIME) != 0U) {
        identity.birth_ns = info.stx_btime.tv_sec * base::kNanosPerSecond +
                            static_cast<std::int64_t>(info.stx_btime.tv_nsec);
    }
    return identity;
}

}  // namespace

base::UniqueFd open_folder(const std::string& path) {
    return base::UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

bool list_folder(int folder_fd, const std::function<void(const char*, std::uint64_t)>& visit,
                 std::size_t most) {
    // fdopendir takes its descriptor over; the caller's stays.
    const int list_fd = folder_fd < 0 ? -1 : ::openat(folder_fd, ".", O_RDONLY | O_CLOEXEC);
    const std::unique_ptr<DIR, CloseDir> dir(list_fd < 0 ? nullptr : ::fdopendir(list_fd));
    if (!dir) {
        return false;
    }
    for (std::size_t listed = 0; listed < most; ++listed) {
        const dirent* entry = ::readdir(dir.get());
        if (entry == nullptr) {
            break;
        }
        visit(static_cast<const char*>(entry->d_name), entry->d_ino);
    }
    return true;
}

std::optional<SeenFile> examine(int folder_fd, const char* name) {
    struct statx info {};
    if (::statx(folder_fd, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, kWanted, &info) != 0) {
        return std::nullopt;
    }
    return SeenFile{identity_of(info),      info.stx_size, S_ISREG(info.stx_mode),
                    S_ISLNK(info.stx_mode), info.stx_uid,  info.stx_nlink};
}

Owners Owners::of_folder(int folder_fd, const std::vector<std::uint32_t>& trusted) {
    struct stat info {};
    Owners owners;
    owners.trusted_ = trusted;
    owners.folder_owner_ = ::fstat(folder_fd, &info) == 0 ? info.st_uid : ::geteuid();
    return owners;
}

std::optional<SkipReason> Owners::refuse(const SeenFile& seen) const {
    if (!seen.regular) {
        return seen.symlink ? SkipReason::Symlink : SkipReason::NotRegular;
    }
    if (!folder_owner_ || seen.owner == *folder_owner_) {
        return std::nullopt;
    }
    if (seen.owner != 0 && seen.owner != ::geteuid() &&
        std::ranges::find(trusted_, seen.owner) == trusted_.end()) {
        return SkipReason::ForeignOwner;
    }
    return seen.links > 1 ? std::optional(SkipReason::Linked) : std::nullopt;
}

base::Result<base::UniqueFd> open_seen(int folder_fd, const std::string& folder,
                                       const std::string& name, const FileIdentity& identity) {
    // O_NONBLOCK: a FIFO put in the file's place must not hold us.
    base::UniqueFd fd(folder_fd < 0
                          ? -1
                          : ::openat(folder_fd, name.c_str(),
                                     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    const std::string path = folder + "/" + name;
    if (!fd.valid()) {
        return base::system_failure("cannot open", path);
    }
    struct statx info {};
    if (::statx(fd.get(), "", AT_EMPTY_PATH, kWanted, &info) != 0 || !S_ISREG(info.stx_mode) ||
        identity_of(info) != identity) {
        return base::failure(path + " is not the file that was seen", ESTALE);
    }
    return fd;
}

}  // namespace tailer
