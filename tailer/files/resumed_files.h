// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailer/files/file_progress.h"

namespace tailer {

/// What a checkpoint said of files that have not been seen since. A log folder may be away at the
/// start, and a log may come back elsewhere, so it is kept until a file takes it up. Folders are
/// those of the list that is given, by their place in it. Not thread-safe.
class ResumedFiles {
public:
    ResumedFiles(const std::vector<std::string>& folders, Progress progress);

    /// Of this very file; null when nothing was said of it. Pointers are good until the next
    /// listed().
    [[nodiscard]] FileProgress* find(std::uint32_t folder, std::string_view name,
                                     const FileIdentity& identity);

    /// Of files of this name in any folder, those that are not followed any more included, each
    /// with the hash of its name. Names with the same hash are among them.
    [[nodiscard]] std::span<const std::pair<std::size_t, FileProgress*>> named(
        const CompactName& name);

    /// What is taken up has its name cleared, and its memory is given back at the next listed().
    static void take_up(FileProgress& progress) { progress.name = {}; }

    /// A folder has been listed, and a log was in it or was not.
    void listed(std::uint32_t folder, bool any_log);

    /// Folders in which no log has been seen yet, though something was said of them.
    [[nodiscard]] std::size_t unseen_folders() const;
    /// Calls `visit(folder, progress)` for all that was said of those: it is as good as ever.
    template <typename Visit>
    void for_each_unseen(Visit visit) const {
        for (std::size_t i = 0; i < by_folder_.size(); ++i) {
            if (seen_[i]) {
                continue;
            }
            for (const FileProgress& progress : by_folder_[i]) {
                if (!progress.name.empty()) {
                    visit(i, progress);
                }
            }
        }
    }

private:
    std::vector<bool> seen_;                            ///< by folder: a log was in it
    std::vector<std::vector<FileProgress>> by_folder_;  ///< and in it by inode
    std::vector<FileProgress> elsewhere_;  ///< of folders that are not followed any more
    /// What is left of both, by the hash of its name; made when it is asked for.
    std::vector<std::pair<std::size_t, FileProgress*>> by_name_;
};

}  // namespace tailer
