// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "bridge/daemon/checkpoint.h"

namespace bridge {

/// The checkpoint on disk: rewritten as a whole now and then; in between, only changes are
/// appended. The appended part never outgrows the whole (or kLeastRoom), so over time each change
/// is written about twice, however many files are known.
class CheckpointFile {
public:
    static constexpr std::uint64_t kLeastRoom = 64U << 10U;

    explicit CheckpointFile(std::string path) : path_(std::move(path)) {}

    /// What the last process wrote, or nothing if there is no file.
    [[nodiscard]] base::Result<std::optional<Checkpoint>> load() const;

    /// Whether the next save has to be a whole one. A process's first save always is.
    [[nodiscard]] bool wants_whole() const {
        return !file_.valid() || appended_bytes_ >= std::max(whole_bytes_, kLeastRoom);
    }

    using Fill = std::function<void(CheckpointWriter&)>;
    /// `fill` begins the group and adds everything that belongs in it. After an Error the last
    /// saved state still stands, and the next save has to be a whole one.
    [[nodiscard]] base::Result<void> save_whole(const Fill& fill);
    [[nodiscard]] base::Result<void> append(const Fill& fill);

private:
    std::string path_;
    base::UniqueFd file_;  ///< open for appending; invalid if that is not possible
    std::uint32_t crc_ = 0;
    std::uint64_t whole_bytes_ = 0;
    std::uint64_t appended_bytes_ = 0;
};

}  // namespace bridge
