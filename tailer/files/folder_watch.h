// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace tailer {

/// Index of a folder in the list given at construction.
using FolderIndex = std::uint32_t;

/// Learns by inotify which files of some folders changed: one inotify instance, one watch a folder,
/// none a file. A folder that does not exist is waited for through its nearest existing ancestor;
/// the links on the way to one are watched as well, since they may be pointed elsewhere. Lost
/// events (queue overflow) are reported as a wish for a rescan.
class FolderWatch {
public:
    explicit FolderWatch(std::vector<std::string> folders);

    /// Readable when something changed; -1 when inotify is not to be had (then rescan on a timer).
    [[nodiscard]] int fd() const { return inotify_.get(); }

    /// Takes what has happened since the last call, without waiting. `changed` is called with the
    /// folder and the bare file name, maybe more than once a file.
    /// True when some folder has to be listed anew.
    [[nodiscard]] bool drain(const std::function<void(FolderIndex, std::string_view)>& changed);

    /// Sets watches on folders that have appeared, under another link's target too; true when one
    /// has. Cheap; call at each rescan.
    bool attach();

    /// Whether some folder is not watched because the kernel has no watch left for this user (then
    /// rescan on a timer); as of the last attach(), which tries again.
    [[nodiscard]] bool starved() const { return starved_; }

    [[nodiscard]] const std::vector<std::string>& folders() const { return folders_; }
    /// Whether the folder itself is watched (and not an ancestor).
    [[nodiscard]] bool attached(FolderIndex folder) const { return watches_[folder] >= 0; }

private:
    struct Target {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        friend bool operator==(const Target&, const Target&) = default;
    };
    [[nodiscard]] static Target target_of(const std::string& folder);
    int add_watch(const std::string& path, std::uint32_t events);
    int watch_ancestor(const std::string& folder);
    void watch_links(const std::string& folder, std::vector<int>& links);
    void leave(std::size_t folder);
    void drop_unused(const std::vector<int>& old);

    std::vector<std::string> folders_;
    base::UniqueFd inotify_;
    std::vector<int> watches_;     ///< by folder; -1 = not there yet
    std::vector<Target> targets_;  ///< by folder: what is watched
    std::vector<int> ancestors_;   ///< of the folders that are not there yet
    std::vector<int> links_;       ///< on the way to any folder
    bool starved_ = false;
};

}  // namespace tailer
