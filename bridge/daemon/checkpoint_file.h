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

/// The checkpoint on disk: written whole now and then, in between only what has changed. What has
/// been appended never grows larger than what was written whole (or kLeastRoom), so that over time
/// each change is written about twice, however many files are known.
class CheckpointFile {
public:
    static constexpr std::uint64_t kLeastRoom = 64U << 10U;

    explicit CheckpointFile(std::string path) : path_(std::move(path)) {}

    /// What the last process wrote, or nothing when there is no file.
    [[nodiscard]] base::Result<std::optional<Checkpoint>> load() const;

    /// Whether the next save has to be whole; so is the first of a process.
    [[nodiscard]] bool wants_whole() const {
        return !file_.valid() || appended_bytes_ >= std::max(whole_bytes_, kLeastRoom);
    }

    using Fill = std::function<void(CheckpointWriter&)>;
    /// `fill` begins the group and gives all that belongs in it. On an Error the next save has to
    /// be whole, and what was saved before holds.
    [[nodiscard]] base::Result<void> save_whole(const Fill& fill);
    [[nodiscard]] base::Result<void> append(const Fill& fill);

private:
    std::string path_;
    base::UniqueFd file_;  ///< to append to; not valid when it cannot be
    std::uint32_t crc_ = 0;
    std::uint64_t whole_bytes_ = 0;
    std::uint64_t appended_bytes_ = 0;
};

}  // namespace bridge
