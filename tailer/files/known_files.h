// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "tailer/files/folder_access.h"
#include "tailer/files/indexed_files.h"
#include "tailer/files/known_file.h"
#include "tailer/files/resumed_files.h"

namespace tailer {

/// What was done to files that a log's writer never does: counts.
struct FileTroubles {
    std::uint64_t truncated = 0;  ///< shrank: a log only grows
    std::uint64_t rewritten = 0;  ///< what had been read stands there no more
    std::uint64_t removed = 0;    ///< before it was read to its end
};

/// A hole in what a log file held.
struct Loss {
    enum class Kind : std::uint8_t {
        Unread,        ///< seen in the file, and truncated or removed before it was read
        Rewritten,     ///< what was read stands there no more; nobody knows what else stood there
        CutUnwatched,  ///< truncated between two runs; the same
    };
    std::string session;
    Kind kind = Kind::Unread;
    std::uint64_t bytes = 0;  ///< of what is unread
};

/// The table of log files. It looks at names and inodes, follows no link, and leaves alone what is
/// no regular file of whom the folder belongs to.
///
/// One folder under two names (by a link, or mounted twice) is read under the first. A log that
/// comes back under another inode or in another folder (restored from a backup, moved to another
/// volume) is known by its name and by what stands before the offset, and goes on there.
class KnownFiles {
public:
    KnownFiles(std::vector<std::string> folders, Progress resume);
    KnownFiles(const KnownFiles&) = delete;  // its parts know each other
    KnownFiles& operator=(const KnownFiles&) = delete;
    ~KnownFiles() = default;

    /// Files count whoever owns them.
    void trust_all_owners() { all_owners_ = true; }
    /// Files of these users count in any folder; see Owners::of_folder().
    void trust_owners(std::vector<std::uint32_t> owners) { trusted_ = std::move(owners); }

    /// Lists a folder: learns new files, marks grown ones, notes vanished ones. `wanted` says which
    /// names count. A folder that is not there says nothing of its files: it may be a volume that
    /// is yet to be mounted, or mounted again.
    void scan(std::uint32_t folder, const std::function<bool(std::string_view)>& wanted);

    /// Looks at one file by name; a no-op when there is none.
    void look(std::uint32_t folder, const std::string& name);

    /// Files that have grown since the last call. Each stays `queued` until its reader clears that.
    [[nodiscard]] std::vector<FileId> take_grown();

    /// All of the file before `offset` is done with; `counts` is of the lines before it.
    void settle(FileId id, std::uint64_t offset, LineCounts counts);

    /// Files of which a checkpoint has to say something else than at the last call.
    [[nodiscard]] std::vector<FileId> take_changed();
    /// Whether a file that is gone left its inode to another one that is known.
    [[nodiscard]] bool is_replaced(const KnownFile& file) const;

    [[nodiscard]] KnownFile& file(FileId id) { return files_.at(id); }
    [[nodiscard]] bool knows(FileId id) const { return files_.find(id) != nullptr; }
    [[nodiscard]] std::size_t size() const { return files_.size() - resumed_.left(); }
    /// Files ever learned.
    [[nodiscard]] std::uint64_t learned() const { return learned_; }
    /// Calls `visit(folder, progress)` for all that the checkpoint said of folders in which no log
    /// has been seen yet.
    template <typename Visit>
    void for_each_unseen(Visit visit) const {
        resumed_.for_each_unseen([&](std::size_t folder, const FileProgress& progress) {
            visit(folders_[folder], progress);
        });
    }
    [[nodiscard]] bool any_unseen() const { return unseen_folders() > 0; }
    /// Folders of which a checkpoint spoke, and in which no log has been seen yet.
    [[nodiscard]] std::size_t unseen_folders() const { return resumed_.unseen_folders(); }
    [[nodiscard]] const std::vector<std::string>& folders() const { return folders_; }
    [[nodiscard]] const std::string& folder(std::uint32_t index) const { return folders_[index]; }
    [[nodiscard]] const FileTroubles& troubles() const { return troubles_; }
    [[nodiscard]] const SkippedFiles& skipped() const { return skipped_; }
    /// See SkippedFiles::take_first().
    [[nodiscard]] std::vector<SkippedFile> take_first_skipped() { return skipped_.take_first(); }
    /// Since the last call.
    [[nodiscard]] std::vector<Loss> take_losses() { return std::exchange(losses_, {}); }

    /// What had been read of a file is not what stands there now, in `size` bytes: it was truncated
    /// or rewritten. What it holds is taken for another log, which has grown; gives that one.
    [[nodiscard]] FileId changed_behind(FileId id, std::uint64_t size);

    /// Folders found to be one that comes before them in the list, each with that one, since the
    /// last call.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> take_same_folders() {
        return std::exchange(same_folders_, {});
    }

    /// Opens the file for reading, if it still is the one that was seen.
    [[nodiscard]] base::Result<base::UniqueFd> open(const KnownFile& file);

    /// Calls `visit(id, file)` for every known file.
    template <typename Visit>
    void for_each(Visit visit) const {
        files_.for_each([&visit](FileId id, const KnownFile& file) {
            if (!file.unseen) {
                visit(id, file);
            }
        });
    }
    /// Drops a file that is gone and done with.
    void forget(FileId id);

private:
    [[nodiscard]] Owners owners_of(int folder_fd) const;
    void note_loss(const KnownFile& file);
    FileId begin_anew(FileId id);
    void note_changed(FileId id);
    void set_gone(FileId id, bool gone);
    void note(std::uint32_t folder, std::string_view name, const SeenFile& seen);
    [[nodiscard]] base::UniqueFd open_once(std::uint32_t folder);
    [[nodiscard]] base::Result<base::UniqueFd> open_as_seen(const KnownFile& file) const;
    [[nodiscard]] bool goes_on(const KnownFile& file, std::uint64_t size,
                               const FileProgress& progress) const;
    [[nodiscard]] std::optional<FileProgress> moved_here(const KnownFile& file,
                                                         std::uint64_t size) const;
    [[nodiscard]] bool check_ahead(const KnownFile& file, FileProgress& progress) const;
    void resume(KnownFile& file, FileProgress progress, const SeenFile& seen);
    void note_learned(FileId id);
    FileId add(std::uint32_t folder, std::string_view name, const SeenFile& seen);

    std::vector<std::string> folders_;
    IndexedFiles files_;
    ResumedFiles resumed_;
    std::uint64_t learned_ = 0;
    std::vector<bool> is_another_;  ///< by folder: found to be one before it
    std::vector<std::pair<std::string, std::string>> same_folders_;
    std::vector<FileId> grown_;
    std::vector<FileId> changed_;
    FileTroubles troubles_;
    SkippedFiles skipped_;
    bool all_owners_ = false;
    std::vector<std::uint32_t> trusted_;
    std::vector<Loss> losses_;
};

}  // namespace tailer
