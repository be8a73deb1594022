// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "tailer/files/compact_name.h"
#include "tailer/files/folder_access.h"
#include "tailer/files/known_file.h"
#include "tailer/files/line_counts.h"

namespace tailer {

/// How far a file had been worked off when this was written down.
struct FileProgress {
    CompactName name;  ///< within its folder
    FileIdentity identity;
    std::uint64_t offset = 0;
    std::string session = {};  ///< empty = the one that the name stands for
    /// Of the bytes before what had been read, which may have been `ahead` of the offset; 0 = not
    /// known.
    std::uint32_t fingerprint = 0;
    /// Of the lines before the offset.
    LineCounts counts = LineCounts::unknown();
    std::uint32_t ahead = 0;

    [[nodiscard]] std::uint64_t read() const { return offset + ahead; }
};

/// By folder. Of two files with one inode the last counts. Deques, for they need not lie anywhere
/// as a whole, and give memory back bit by bit.
using Progress = std::map<std::string, std::deque<FileProgress>>;

/// What is to be written down of a file now.
[[nodiscard]] FileProgress progress_so_far(const KnownFile& file);

}  // namespace tailer
