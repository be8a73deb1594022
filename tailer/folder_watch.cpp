// SPDX-License-Identifier: MIT
#include "tailer/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

namespace tailer {
namespace {

constexpr std::uint32_t kFolderEvents = IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM |
                                        IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
/// Added to whatever the inode is watched for already: an ancestor may be a log folder, too.
constexpr std::uint32_t kAncestorEvents =
    IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR | IN_MASK_ADD;

}  // namespace

FolderWatch::FolderWatch(std::vector<std::string> folders)
    : folders_(std::move(folders)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      watches_(folders_.size(), -1) {
    attach();
}

bool FolderWatch::attach() {
    bool appeared = false;
    for (std::size_t i = 0; i < folders_.size() && inotify_.valid(); ++i) {
        if (watches_[i] >= 0) {
            continue;
        }
        watches_[i] = ::inotify_add_watch(inotify_.get(), folders_[i].c_str(), kFolderEvents);
        if (watches_[i] >= 0) {
            appeared = true;
        } else {
            watch_ancestor(folders_[i]);
        }
    }
    return appeared;
}

void FolderWatch::watch_ancestor(const std::string& folder) {
    std::error_code ignored;
    std::filesystem::path path = std::filesystem::absolute(folder, ignored);
    while (path.has_relative_path()) {
        path = path.parent_path();
        if (::inotify_add_watch(inotify_.get(), path.c_str(), kAncestorEvents) >= 0) {
            return;
        }
    }
}

bool FolderWatch::drain(const std::function<void(FolderIndex, std::string_view)>& changed) {
    bool rescan = false;
    alignas(inotify_event) std::array<char, 64U << 10U> buffer;
    while (inotify_.valid()) {
        const ::ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
        if (got <= 0) {
            break;
        }
        for (::ssize_t at = 0; at < got;) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const char* name = buffer.data() + at + sizeof event;
            at += static_cast<::ssize_t>(sizeof event + event.len);

            const auto folder = std::ranges::find(watches_, event.wd);
            const bool is_log_folder = event.wd >= 0 && folder != watches_.end();
            if ((event.mask & IN_Q_OVERFLOW) != 0U || !is_log_folder) {
                rescan = true;  // something appeared on the way to a folder, or events were lost
            } else if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0U) {
                if ((event.mask & IN_IGNORED) == 0U) {
                    ::inotify_rm_watch(inotify_.get(), event.wd);
                }
                *folder = -1;
                rescan = true;
            } else if (event.len > 0) {
                changed(static_cast<FolderIndex>(folder - watches_.begin()),
                        std::string_view(name, ::strnlen(name, event.len)));
            }
        }
    }
    if (rescan) {
        attach();
    }
    return rescan;
}

}  // namespace tailer
