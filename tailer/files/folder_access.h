// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "tailer/files/skipped_files.h"

// How folders that others may write to are read: no link is followed, nothing but a regular file is
// opened, only what belongs to whom the folder is trusted to hold it of, and what is opened is what
// was seen.

namespace tailer {

/// Which file on disk this is, whatever its name: inode and time of birth. The device is left out
/// on purpose, since a volume may come back under another number; the birth time tells a reused
/// inode.
struct FileIdentity {
    std::uint64_t inode = 0;
    std::int64_t birth_ns = 0;  ///< 0 where the file system does not keep it
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
    friend bool operator<(const FileIdentity& a, const FileIdentity& b) {
        return std::tie(a.inode, a.birth_ns) < std::tie(b.inode, b.birth_ns);
    }
};

struct SeenFile {
    FileIdentity identity;
    std::uint64_t size = 0;
    bool regular = true;
    bool symlink = false;
    std::uint32_t owner = 0;
    std::uint32_t links = 1;  ///< names that it has
};

/// Whose files count in a folder.
class Owners {
public:
    /// Anybody's: the user named the folder to be read as it is.
    static Owners any() { return {}; }
    /// Those of the folder's owner; of root, of ourselves and of `trusted` only under a single
    /// name, since whoever may write to the folder may link another's file into it.
    static Owners of_folder(int folder_fd, const std::vector<std::uint32_t>& trusted = {});

    [[nodiscard]] std::optional<SkipReason> refuse(const SeenFile& seen) const;

private:
    std::optional<std::uint32_t> folder_owner_;
    std::vector<std::uint32_t> trusted_;
};

/// Not to be kept: the kernel tells of a folder's removal only when nobody has it open.
[[nodiscard]] base::UniqueFd open_folder(const std::string& path);

/// Calls `visit(name, inode)` for all that lies in the folder, or for the first `most` of it. False
/// when it cannot be listed.
bool list_folder(int folder_fd, const std::function<void(const char*, std::uint64_t)>& visit,
                 std::size_t most = SIZE_MAX);

/// What stands under this name; nothing when there is none.
[[nodiscard]] std::optional<SeenFile> examine(int folder_fd, const char* name);

/// Opens a file for reading, if it still is the regular file that was seen. `folder` is for errors.
[[nodiscard]] base::Result<base::UniqueFd> open_seen(int folder_fd, const std::string& folder,
                                                     const std::string& name,
                                                     const FileIdentity& identity);

}  // namespace tailer
