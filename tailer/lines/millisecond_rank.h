// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace tailer {

/// Gives each decision of a file the nanoseconds that make its timestamp unique: the n-th one
/// within a millisecond gets n. Loki drops an entry whose stream, timestamp and line it already
/// has, and Boundary stamps whole milliseconds, so without this repeats would be folded away.
///
/// The rank is a pure function of the file's content: it counts within aligned blocks of 1 MiB
/// (by the offset at which a line begins), and each block adds its own base, so a reader that
/// resumes in the middle has to look back at no more than one block. A block holds fewer lines
/// than a base is wide (63 bytes is the shortest decision), and bases repeat after 15 blocks: two
/// equal lines of one millisecond would have to lie 15 MiB apart to meet.
class MillisecondRank {
public:
    static constexpr std::uint64_t kBlockBytes = 1U << 20U;

    /// Start of the block that holds `offset`.
    [[nodiscard]] static std::uint64_t block_start(std::uint64_t offset) {
        return offset / kBlockBytes * kBlockBytes;
    }

    /// Nanoseconds to add for a line stamped `time_ns` that begins at `offset`. Lines of one file
    /// must be given in order, from the start of a block.
    [[nodiscard]] std::int64_t next(std::int64_t time_ns, std::uint64_t offset);

    /// Forgets everything, keeps the memory.
    void clear() { counts_.clear(); }

private:
    struct Count {
        std::int64_t millisecond;
        std::int64_t lines;
    };

    std::uint64_t block_ = 0;
    std::vector<Count> counts_;  ///< sorted by millisecond
};

}  // namespace tailer
