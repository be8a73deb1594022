// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tailer/files/compact_name.h"
#include "tailer/files/folder_access.h"
#include "tailer/files/line_counts.h"
#include "tailer/files/log_file_name.h"

namespace tailer {

/// Given in order, from 1, and never again; 0 = none.
using FileId = std::uint64_t;

/// A log file that was seen. Nothing here is open. There may be a hundred thousand, so it is small.
struct KnownFile {
    CompactName name;  ///< within its folder
    /// Set when it is not the one that the name stands for.
    std::unique_ptr<const std::string> first_session;
    FileIdentity identity;
    std::uint64_t settled = 0;      ///< before it all is done with: what a checkpoint has to say
    LineCounts settled_counts;      ///< of the lines before that
    std::uint64_t offset = 0;       ///< next byte to read
    std::uint64_t size = 0;         ///< at the last look
    std::uint32_t fingerprint = 0;  ///< of the bytes before the offset; 0 = not known
    std::uint32_t folder = 0;
    bool inside_long_line : 1 = false;
    bool gone : 1 = false;     ///< no longer in its folder
    bool queued : 1 = false;   ///< reported as grown and not read to its end since
    bool changed : 1 = false;  ///< since take_changed()
    bool listed : 1 = false;   ///< met by the scan under way
    bool unseen : 1 = false;   ///< a checkpoint told of it, and nothing has been seen of it since

    /// What it was at first sight, in this run or before: a rename keeps it.
    [[nodiscard]] std::string session() const {
        return first_session ? *first_session : session_of(name.text());
    }
};

}  // namespace tailer
