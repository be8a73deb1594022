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
        case SkipReason::Symlink:
            return "symlink";
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

void SkippedFiles::keep_first(SkippedFile file) {
    bool& told = told_[static_cast<std::size_t>(file.reason)];
    if (!told && file.reason != SkipReason::Name) {
        told = true;
        first_.push_back(std::move(file));
    }
}

void SkippedFiles::seen_in_scan(std::size_t folder, SkipReason reason, std::string_view name,
                                std::uint32_t owner) {
    ++folders_[folder].now[static_cast<std::size_t>(reason)];
    if (reason != SkipReason::Name) {
        static_cast<void>(learn(folders_[folder], name));
        keep_first({reason, folder, std::string(name), owner});
    }
}

void SkippedFiles::end_scan(std::size_t folder) {
    Folder& there = folders_[folder];
    for (std::size_t i = 0; i < kSkipReasons; ++i) {
        totals_[i] += there.now[i] > there.last[i] ? there.now[i] - there.last[i] : 0;
    }
    there.last = there.now;
}

void SkippedFiles::seen_alone(std::size_t folder, SkipReason reason, std::string_view name,
                              std::uint32_t owner) {
    keep_first({reason, folder, std::string(name), owner});
    if (learn(folders_[folder], name)) {
        ++folders_[folder].last[static_cast<std::size_t>(reason)];  // the next scan finds it, too
        ++totals_[static_cast<std::size_t>(reason)];
    }
}

void SkippedFiles::at_open(std::size_t folder, SkipReason reason, std::string_view name) {
    ++totals_[static_cast<std::size_t>(reason)];
    keep_first({reason, folder, std::string(name), 0});
}

}  // namespace tailer
