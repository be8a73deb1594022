// SPDX-License-Identifier: MIT
#include "tailer/files/folder_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <utility>

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tailer {
namespace {

constexpr std::uint32_t kFolderEvents = IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM |
                                        IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
/// Added to whatever the inode is watched for already: an ancestor may be a log folder, too.
constexpr std::uint32_t kAncestorEvents =
    IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR | IN_MASK_ADD;

/// When a link is replaced or removed, its own inode loses its name.
constexpr std::uint32_t kLinkEvents = IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_DONT_FOLLOW;
/// As many as the kernel follows.
constexpr int kMostLinks = 40;

}  // namespace

FolderWatch::FolderWatch(std::vector<std::string> folders)
    : folders_(std::move(folders)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      watches_(folders_.size(), -1),
      targets_(folders_.size()) {
    attach();
}

int FolderWatch::add_watch(const std::string& path, std::uint32_t events) {
    const int watch = ::inotify_add_watch(inotify_.get(), path.c_str(), events);
    starved_ = starved_ || (watch < 0 && errno == ENOSPC);
    return watch;
}

bool FolderWatch::attach() {
    bool appeared = false;
    starved_ = false;
    std::vector<int> ancestors;
    std::vector<int> links;
    for (std::size_t i = 0; i < folders_.size() && inotify_.valid(); ++i) {
        watch_links(folders_[i], links);
        const Target target = target_of(folders_[i]);
        if (watches_[i] >= 0 && target == targets_[i]) {
            continue;
        }
        leave(i);
        targets_[i] = target;
        const auto watch_folder = [&] { watches_[i] = add_watch(folders_[i], kFolderEvents); };
        watch_folder();
        if (watches_[i] < 0) {
            // Again until no nearer one has come while we looked, then the folder itself.
            int last = -1;
            for (int now = watch_ancestor(folders_[i]); now != last;
                 now = watch_ancestor(folders_[i])) {
                ancestors.push_back(now);
                last = now;
            }
            watch_folder();
        }
        appeared = appeared || watches_[i] >= 0;
    }
    // What goes on in an ancestor must not wake us once its part is done.
    ancestors_.swap(ancestors);
    links_.swap(links);
    drop_unused(ancestors);
    drop_unused(links);
    return appeared;
}

void FolderWatch::drop_unused(const std::vector<int>& old) {
    for (const int watch : old) {
        const auto uses = [watch](const std::vector<int>& watches) {
            return std::ranges::find(watches, watch) != watches.end();
        };
        if (!uses(ancestors_) && !uses(links_) && !uses(watches_)) {
            ::inotify_rm_watch(inotify_.get(), watch);
        }
    }
}

/// Ends the watch of a folder, which another one may share.
void FolderWatch::leave(std::size_t folder) {
    const int watch = std::exchange(watches_[folder], -1);
    if (watch >= 0) {
        drop_unused({watch});
    }
}

FolderWatch::Target FolderWatch::target_of(const std::string& folder) {
    struct stat info {};
    return ::stat(folder.c_str(), &info) == 0 ? Target{info.st_dev, info.st_ino} : Target{};
}

void FolderWatch::watch_links(const std::string& folder, std::vector<int>& links) {
    namespace fs = std::filesystem;
    std::error_code code;
    fs::path rest = fs::absolute(folder, code);
    fs::path done;
    int followed = 0;
    while (!rest.empty()) {
        const fs::path next = done / *rest.begin();
        fs::path behind;
        for (auto part = std::next(rest.begin()); part != rest.end(); ++part) {
            behind /= *part;
        }
        const fs::path target = fs::read_symlink(next, code);
        if (code) {
            done = next;
            rest = behind;
            continue;
        }
        if (++followed > kMostLinks) {
            return;
        }
        const int watch = add_watch(next, kLinkEvents);
        if (watch >= 0) {
            links.push_back(watch);
        }
        rest = target / behind;
        done = target.is_absolute() ? fs::path() : done;
    }
}

int FolderWatch::watch_ancestor(const std::string& folder) {
    std::error_code ignored;
    std::filesystem::path path = std::filesystem::absolute(folder, ignored);
    while (path.has_relative_path()) {
        path = path.parent_path();
        const int watch = add_watch(path, kAncestorEvents);
        if (watch >= 0) {
            return watch;
        }
    }
    return -1;
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
            if (!is_log_folder && (event.mask & IN_IGNORED) != 0U) {
                continue;  // an ancestor's watch that was taken away
            }
            if ((event.mask & IN_Q_OVERFLOW) != 0U || !is_log_folder) {
                rescan = true;  // something appeared on the way to a folder, or events were lost
            } else if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0U) {
                if ((event.mask & IN_IGNORED) == 0U) {
                    ::inotify_rm_watch(inotify_.get(), event.wd);
                }
                std::ranges::replace(watches_, event.wd, -1);
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
