// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace bridge {

/// The text of a checkpoint, of which a piece is in memory at a time.
class CheckpointText {
public:
    static constexpr std::size_t kPieceBytes = 64U << 10U;

    /// Fills `to` with what stands at `offset`, or with a part of it: how many bytes, 0 at the end.
    using ReadAt =
        std::function<base::Result<std::size_t>(std::span<char> to, std::uint64_t offset)>;

    explicit CheckpointText(ReadAt read_at) : read_at_(std::move(read_at)) {}

    /// The line that begins at `offset`, its newline included, which the last may lack. Empty at
    /// the end, and where reading fails. Good until the next call.
    [[nodiscard]] std::string_view line(std::uint64_t offset);

    /// The Error of the first read that failed.
    [[nodiscard]] const base::Result<void>& result() const { return result_; }

private:
    [[nodiscard]] bool read_more(std::uint64_t from);

    ReadAt read_at_;
    std::string piece_;
    std::uint64_t begin_ = 0;  ///< of the piece
    base::Result<void> result_;
};

}  // namespace bridge
