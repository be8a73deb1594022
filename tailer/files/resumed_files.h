// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tailer/files/file_progress.h"
#include "tailer/files/indexed_files.h"

namespace tailer {

/// What a checkpoint said of files that have not been seen since: they stand in the table of files
/// as `unseen`. A log folder may be away at the start, and a log may come back elsewhere, so it is
/// kept until a file takes it up. Folders are those of the list that is given, by their place in
/// it; the number behind the last stands for all that are not followed any more. Not thread-safe.
class ResumedFiles {
public:
    /// Enters all of it in `files`, which must outlive this object.
    ResumedFiles(const std::vector<std::string>& folders, Progress progress, IndexedFiles& files);

    /// The id of this very file; 0 when nothing was said of it.
    [[nodiscard]] FileId find(std::uint32_t folder, std::string_view name,
                              const FileIdentity& identity) const;

    /// The first of this name in any folder that `fits(file)`, or 0.
    template <typename Fits>
    [[nodiscard]] FileId find_named(const CompactName& name, Fits fits) const {
        for (std::uint32_t folder = 0; folder < left_.size(); ++folder) {
            const FileId id =
                left_[folder] > 0 ? files_.find_unseen_name(folder, name, fits) : FileId{0};
            if (id != 0) {
                return id;
            }
        }
        return 0;
    }

    /// It was seen: `file` takes its place.
    void take_up(FileId id, KnownFile file);

    /// A folder has been listed, and a log was in it or was not.
    void listed(std::uint32_t folder, bool any_log);

    /// Folders in which no log has been seen yet, though something was said of them.
    [[nodiscard]] std::size_t unseen_folders() const;
    /// Files that nobody has taken up.
    [[nodiscard]] std::size_t left() const;
    /// Calls `visit(folder, progress)` for all that was said of those folders: it is as good as
    /// ever.
    template <typename Visit>
    void for_each_unseen(Visit visit) const {
        if (unseen_folders() == 0) {
            return;
        }
        files_.for_each([&](FileId, const KnownFile& file) {
            if (file.unseen && file.folder < seen_.size() && !seen_[file.folder]) {
                visit(file.folder, progress_so_far(file));
            }
        });
    }

private:
    void enter(std::uint32_t folder, FileProgress progress);

    IndexedFiles& files_;
    std::vector<bool> seen_;         ///< by folder: a log was in it
    std::vector<std::size_t> left_;  ///< by folder, and last of those that are not followed
};

}  // namespace tailer
