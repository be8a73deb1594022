// SPDX-License-Identifier: MIT
#include "bridge/daemon/checkpoint_file.h"

#include <cerrno>
#include <utility>

#include <unistd.h>

#include "base/durable_file.h"
#include "base/own_file.h"

namespace bridge {
namespace {

/// Far more than a million log files take.
constexpr std::uint64_t kLargest = 512ULL << 20U;

}  // namespace

base::Result<std::optional<Checkpoint>> CheckpointFile::load() const {
    const auto text = base::read_own(path_, kLargest);
    if (!text) {
        if (text.error().code == ENOENT) {
            return std::nullopt;
        }
        return tl::unexpected(text.error());
    }
    auto decoded = decode_checkpoint(*text);
    if (!decoded) {
        return tl::unexpected(decoded.error());
    }
    return std::optional(std::move(*decoded));
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
