// SPDX-License-Identifier: MIT
#include "tailer/files/resumed_files.h"

#include <algorithm>
#include <iterator>

namespace tailer {
namespace {

std::uint64_t inode_of(const FileProgress& progress) { return progress.identity.inode; }

bool is_taken(const FileProgress& progress) { return progress.name.empty(); }

}  // namespace

ResumedFiles::ResumedFiles(const std::vector<std::string>& folders, Progress progress)
    : seen_(folders.size()), by_folder_(folders.size()) {
    for (std::size_t i = 0; i < folders.size(); ++i) {
        if (const auto said = progress.find(folders[i]); said != progress.end()) {
            by_folder_[i] = std::move(said->second);
            std::ranges::stable_sort(by_folder_[i], {}, inode_of);
            progress.erase(said);
        }
    }
    for (auto& [folder, files] : progress) {
        std::ranges::move(files, std::back_inserter(elsewhere_));
    }
}

FileProgress* ResumedFiles::find(std::uint32_t folder, std::string_view name,
                                 const FileIdentity& identity) {
    auto& files = by_folder_[folder];
    const auto behind = std::ranges::upper_bound(files, identity.inode, {}, inode_of);
    if (behind == files.begin()) {
        return nullptr;
    }
    FileProgress& progress = *std::prev(behind);
    if (is_taken(progress) || progress.identity != identity ||
        (identity.birth_ns == 0 && progress.name != name)) {
        return nullptr;
    }
    return &progress;
}

std::span<const std::pair<std::size_t, FileProgress*>> ResumedFiles::named(
    const CompactName& name) {
    const auto hash_of = [](const auto& entry) { return entry.first; };
    if (by_name_.empty()) {
        const auto enter_all = [this](std::vector<FileProgress>& files) {
            for (FileProgress& progress : files) {
                if (!is_taken(progress)) {
                    by_name_.emplace_back(progress.name.hash(), &progress);
                }
            }
        };
        std::ranges::for_each(by_folder_, enter_all);
        enter_all(elsewhere_);
        std::ranges::sort(by_name_, {}, hash_of);
    }
    return {std::ranges::lower_bound(by_name_, name.hash(), {}, hash_of),
            std::ranges::upper_bound(by_name_, name.hash(), {}, hash_of)};
}

void ResumedFiles::listed(std::uint32_t folder, bool any_log) {
    seen_[folder] = seen_[folder] || any_log;
    if (std::erase_if(by_folder_[folder], is_taken) > 0) {
        by_folder_[folder].shrink_to_fit();
        by_name_ = {};
    }
    if (!elsewhere_.empty() && std::ranges::find(seen_, false) == seen_.end()) {
        elsewhere_ = {};
        by_name_ = {};
    }
}

std::size_t ResumedFiles::unseen_folders() const {
    std::size_t unseen = 0;
    for (std::size_t i = 0; i < by_folder_.size(); ++i) {
        unseen += !seen_[i] && !std::ranges::all_of(by_folder_[i], is_taken) ? 1 : 0;
    }
    return unseen;
}

}  // namespace tailer
