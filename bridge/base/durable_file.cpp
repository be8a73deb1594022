// SPDX-License-Identifier: MIT
#include "bridge/base/durable_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/base/unique_fd.h"

namespace base {
namespace {

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

Result<void> sync_folder_of(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const UniqueFd fd(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid() || ::fsync(fd.get()) != 0) {
        return system_failure("cannot sync", folder);
    }
    return {};
}

Result<void> write_new(const std::string& path, std::string_view content) {
    // What lies there already is not ours to write to: a link, a FIFO, a file that others may read.
    ::unlink(path.c_str());
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd.valid()) {
        return system_failure("cannot create", path);
    }
    if (auto written = write_all(fd.get(), content, path); !written) {
        return written;
    }
    if (::fsync(fd.get()) != 0) {
        return system_failure("cannot sync", path);
    }
    return {};
}

}  // namespace

Result<void> replace_durably(const std::string& path, std::string_view content) {
    const std::string temporary = path + ".tmp";
    if (auto written = write_new(temporary, content); !written) {
        ::unlink(temporary.c_str());
        return written;
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        return system_failure("cannot replace", path);
    }
    return sync_folder_of(path);
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
