// SPDX-License-Identifier: MIT
#include "base/durable_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace base {
namespace {

Result<void> sync_folder_of(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const UniqueFd fd(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid() || ::fsync(fd.get()) != 0) {
        return system_failure("cannot sync", folder);
    }
    return {};
}

}  // namespace

Result<void> write_all(int fd, std::string_view content, const std::string& path) {
    while (!content.empty()) {
        const ::ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return system_failure("cannot write", path);
        }
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<Replacement> Replacement::begin(const std::string& path) {
    const std::string temporary = path + ".tmp";
    // What lies there already is not ours to write to: a link, a FIFO, a file that others may read.
    ::unlink(temporary.c_str());
    UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd.valid()) {
        return system_failure("cannot create", temporary);
    }
    return Replacement(path, std::move(fd));
}

Replacement::~Replacement() {
    if (!path_.empty()) {
        ::unlink((path_ + ".tmp").c_str());
    }
}

Result<void> Replacement::write(std::string_view content) {
    return write_all(fd_.get(), content, path_ + ".tmp");
}

Result<UniqueFd> Replacement::commit() {
    const std::string temporary = path_ + ".tmp";
    if (::fsync(fd_.get()) != 0) {
        return system_failure("cannot sync", temporary);
    }
    if (::rename(temporary.c_str(), path_.c_str()) != 0) {
        return system_failure("cannot replace", path_);
    }
    if (auto synced = sync_folder_of(std::exchange(path_, {})); !synced) {
        return tl::unexpected(synced.error());
    }
    return std::move(fd_);
}

Result<void> replace_durably(const std::string& path, std::string_view content) {
    auto replacement = Replacement::begin(path);
    if (!replacement) {
        return tl::unexpected(replacement.error());
    }
    if (auto written = replacement->write(content); !written) {
        return written;
    }
    if (auto committed = replacement->commit(); !committed) {
        return tl::unexpected(committed.error());
    }
    return {};
}

Result<std::string> read_whole(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) {
        return system_failure("cannot open", path);
    }
    std::string content;
    std::array<char, 64U << 10U> chunk{};
    while (true) {
        const ::ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
        if (got == 0) {
            return content;
        }
        if (got > 0) {
            content.append(chunk.data(), static_cast<std::size_t>(got));
        } else if (errno != EINTR) {
            return system_failure("cannot read", path);
        }
    }
}

Result<void> make_private_folder(const std::string& path) {
    std::filesystem::path so_far;
    for (const auto& part : std::filesystem::path(path)) {
        so_far /= part;
        if (::mkdir(so_far.c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR) {
            const int code = errno;
            std::error_code ignored;
            if (!std::filesystem::is_directory(so_far, ignored)) {
                return system_failure("cannot make folder", so_far.string(), code);
            }
        }
    }
    std::error_code code;
    if (!std::filesystem::is_directory(path, code)) {
        return system_failure("not a folder:", path, ENOTDIR);
    }
    return {};
}

}  // namespace base
