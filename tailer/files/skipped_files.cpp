// SPDX-License-Identifier: MIT
#include "tailer/files/skipped_files.h"

#include <functional>

namespace tailer {
namespace {

/// Names remembered until the next scan; beyond it a name that is touched again counts again.
constexpr std::size_t kMostNames = 4096;

}  // namespace

std::string_view name_of(SkipReason reason) noexcept {
    switch (reason) {
        case SkipReason::Name:
            return "name";
        case SkipReason::NotRegular:
            return "not_regular";
        case SkipReason::ForeignOwner:
            return "foreign_owner";
        case SkipReason::Linked:
            return "linked";
        case SkipReason::Swapped:
            return "swapped";
        case SkipReason::Unreadable:
            break;
    }
    return "unreadable";
}

void SkippedFiles::begin_scan(std::size_t folder) {
    folders_[folder].now = {};
    folders_[folder].known.clear();
}

bool SkippedFiles::learn(Folder& folder, std::string_view name) {
    const std::size_t hash = std::hash<std::string_view>{}(name);
    if (folder.known.size() >= kMostNames) {
        return !folder.known.contains(hash);
    }
    return folder.known.insert(hash).second;
}

void SkippedFiles::seen_in_scan(std::size_t folder, SkipReason reason, std::string_view name) {
    ++folders_[folder].now[static_cast<std::size_t>(reason)];
    if (reason != SkipReason::Name) {
        static_cast<void>(learn(folders_[folder], name));
    }
}

void SkippedFiles::end_scan(std::size_t folder) {
    Folder& there = folders_[folder];
    for (std::size_t i = 0; i < kSkipReasons; ++i) {
        totals_[i] += there.now[i] > there.last[i] ? there.now[i] - there.last[i] : 0;
    }
    there.last = there.now;
}

void SkippedFiles::seen_alone(std::size_t folder, SkipReason reason, std::string_view name) {
    if (learn(folders_[folder], name)) {
        ++folders_[folder].last[static_cast<std::size_t>(reason)];  // the next scan finds it, too
        ++totals_[static_cast<std::size_t>(reason)];
    }
}

}  // namespace tailer
