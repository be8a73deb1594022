// SPDX-License-Identifier: MIT
#include "bridge/daemon/checkpoint_file.h"

#include <cerrno>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/own_file.h"

namespace bridge {
namespace {

/// Far more than a million log files take.
constexpr ::off_t kLargest = ::off_t{512} << 20U;

base::Result<std::size_t> read_at(int file, std::span<char> to, std::uint64_t offset,
                                  const std::string& path) {
    while (true) {
        const ::ssize_t got = ::pread(file, to.data(), to.size(), static_cast<::off_t>(offset));
        if (got >= 0) {
            return static_cast<std::size_t>(got);
        }
        if (errno != EINTR) {
            return base::system_failure("cannot read", path);
        }
    }
}

}  // namespace

base::Result<std::optional<Checkpoint>> CheckpointFile::load() const {
    const auto file = base::open_own(path_, O_RDONLY);
    if (!file) {
        if (file.error().code == ENOENT) {
            return std::nullopt;
        }
        return tl::unexpected(file.error());
    }
    struct stat info {};
    if (::fstat(file->get(), &info) == 0 && info.st_size > kLargest) {
        return base::system_failure("cannot read", path_, EFBIG);
    }
    CheckpointText text([&](std::span<char> to, std::uint64_t offset) {
        return read_at(file->get(), to, offset, path_);
    });
    return decode_checkpoint(text).map(
        [](Checkpoint&& decoded) { return std::optional(std::move(decoded)); });
}

base::Result<void> CheckpointFile::save_whole(const Fill& fill) {
    file_ = {};
    auto replacement = base::Replacement::begin(path_);
    if (!replacement) {
        return tl::unexpected(replacement.error());
    }
    CheckpointWriter writer(
        [&replacement](std::string_view piece) { return replacement->write(piece); }, 0);
    fill(writer);
    if (auto written = writer.end(); !written) {
        return written;
    }
    auto committed = replacement->commit();
    if (!committed) {
        return tl::unexpected(committed.error());
    }
    file_ = std::move(*committed);
    crc_ = writer.crc();
    whole_bytes_ = writer.bytes();
    appended_bytes_ = 0;
    return {};
}

base::Result<void> CheckpointFile::append(const Fill& fill) {
    // Until all of it is on disk the file may end in half a group, which nothing may follow.
    base::UniqueFd file = std::exchange(file_, {});
    CheckpointWriter writer(
        [this, &file](std::string_view piece) { return base::write_all(file.get(), piece, path_); },
        crc_);
    fill(writer);
    if (auto written = writer.end(); !written) {
        return written;
    }
    if (::fdatasync(file.get()) != 0) {
        return base::system_failure("cannot sync", path_);
    }
    file_ = std::move(file);
    crc_ = writer.crc();
    appended_bytes_ += writer.bytes();
    return {};
}

}  // namespace bridge
