// SPDX-License-Identifier: MIT
#include "base/own_file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable_file.h"

namespace base {
namespace {

std::string owner_text(::uid_t owner) {
    return "belongs to user " + std::to_string(owner) + ", not to " + std::to_string(::geteuid());
}

/// What is wrong with what stands there; empty = nothing is.
std::string trouble_with(const struct stat& info) {
    if (S_ISLNK(info.st_mode)) {
        return "is a link";
    }
    if (!S_ISREG(info.st_mode)) {
        return "is no regular file";
    }
    if (info.st_uid != ::geteuid()) {
        return owner_text(info.st_uid);
    }
    return info.st_nlink > 1 ? "has a second name" : "";
}

}  // namespace

Result<void> make_own_folder(const std::string& path) {
    if (auto made = make_private_folder(path); !made) {
        return made;
    }
    struct stat link {};
    if (::lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode) && link.st_uid != 0 &&
        link.st_uid != ::geteuid()) {
        return failure(path + " is a link that " + owner_text(link.st_uid) +
                       "; name the folder itself, or another one");
    }
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat info {};
    if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
        return system_failure("cannot open", path);
    }
    if (info.st_uid != ::geteuid()) {
        return failure("the folder " + path + " " + owner_text(info.st_uid) +
                       ", who could put anything there; use another one, or one below it");
    }
    constexpr ::mode_t kOthersWrite = S_IWGRP | S_IWOTH;
    if ((info.st_mode & kOthersWrite) != 0 &&
        ::fchmod(fd.get(), info.st_mode & 07777 & ~kOthersWrite) != 0) {
        return system_failure("cannot keep others from writing to", path);
    }
    return {};
}

Result<UniqueFd> open_own(const std::string& path, int flags) {
    struct stat info {};
    // Before it is opened as well: to open a device can have effects.
    if (::lstat(path.c_str(), &info) == 0) {
        if (const std::string trouble = trouble_with(info); !trouble.empty()) {
            return failure(path + " " + trouble + ", so it is none of ours and left alone");
        }
    }
    UniqueFd fd(::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
    if (!fd.valid()) {
        return system_failure("cannot open", path);
    }
    if (::fstat(fd.get(), &info) != 0) {
        return system_failure("cannot open", path);
    }
    if (const std::string trouble = trouble_with(info); !trouble.empty()) {
        return failure(path + " " + trouble + ", so it is none of ours and left alone");
    }
    return fd;
}

Result<std::string> read_own(const std::string& path, std::uint64_t most) {
    const auto fd = open_own(path, O_RDONLY);
    if (!fd) {
        return tl::unexpected(fd.error());
    }
    std::string content;
    std::string part(64U << 10U, '\0');
    while (true) {
        const ::ssize_t got = ::read(fd->get(), part.data(), part.size());
        if (got == 0) {
            return content;
        }
        if (got < 0 && errno != EINTR) {
            return system_failure("cannot read", path);
        }
        content.append(part, 0, got < 0 ? 0 : static_cast<std::size_t>(got));
        if (content.size() > most) {
            return system_failure("cannot read", path, EFBIG);
        }
    }
}

}  // namespace base
