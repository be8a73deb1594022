// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>

#include "tailer/files/file_index.h"
#include "tailer/files/file_progress.h"

namespace tailer {

/// The files of one folder, as a checkpoint tells of them, one after the other. Of each inode the
/// last that is told counts. Not thread-safe.
class ToldFiles {
public:
    void tell(FileProgress file);
    /// It is there no more.
    void forget(std::uint64_t inode);

    /// Those that are left. This object is empty then.
    [[nodiscard]] std::deque<FileProgress> take();

private:
    std::deque<FileProgress> files_;  ///< without a name = forgotten
    FileIndex by_inode_;              ///< ids are places in there, from 1
};

}  // namespace tailer
