// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/base/result.h"
#include "bridge/base/unique_fd.h"

// How folders that others may write to are read: no link is followed, nothing but a regular file is
// opened, and what is opened is what was seen.

namespace tailer {

/// Which file on disk this is, whatever its name: inode and time of birth. The device is left out
/// on purpose, since a volume may come back under another number; the birth time tells a reused
/// inode.
struct FileIdentity {
    std::uint64_t inode = 0;
    std::int64_t birth_ns = 0;  ///< 0 where the file system does not keep it
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

struct SeenFile {
    FileIdentity identity;
    std::uint64_t size = 0;
    bool regular = true;
};

/// Not to be kept: the kernel tells of a folder's removal only when nobody has it open.
[[nodiscard]] base::UniqueFd open_folder(const std::string& path);

/// Calls `visit(name, inode)` for all that lies in the folder. False when it cannot be listed.
bool list_folder(int folder_fd, const std::function<void(const char*, std::uint64_t)>& visit);

/// What stands under this name; nothing when there is none.
[[nodiscard]] std::optional<SeenFile> examine(int folder_fd, const char* name);

/// Opens a file for reading, if it still is the regular file that was seen. `folder` is for errors.
[[nodiscard]] base::Result<base::UniqueFd> open_seen(int folder_fd, const std::string& folder,
                                                     const std::string& name,
                                                     const FileIdentity& identity);

}  // namespace tailer
