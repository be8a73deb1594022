// SPDX-License-Identifier: MIT
#include "tailer/files/resumed_files.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>

namespace tailer {

ResumedFiles::ResumedFiles(const std::vector<std::string>& folders, Progress progress,
                           IndexedFiles& files)
    : files_(files), seen_(folders.size()), left_(folders.size() + 1) {
    while (!progress.empty()) {
        auto said = progress.extract(progress.begin());
        const auto folder = std::distance(folders.begin(), std::ranges::find(folders, said.key()));
        // What is entered gives its memory back at once: there may be a great many.
        for (auto& told = said.mapped(); !told.empty(); told.pop_front()) {
            enter(static_cast<std::uint32_t>(folder), std::move(told.front()));
        }
    }
}

void ResumedFiles::enter(std::uint32_t folder, FileProgress progress) {
    KnownFile file;
    file.name = std::move(progress.name);
    file.identity = progress.identity;
    file.settled = progress.offset;
    file.settled_counts = progress.counts;
    file.offset = progress.read();
    file.fingerprint = progress.fingerprint;
    file.folder = folder;
    file.unseen = true;
    if (!progress.session.empty()) {
        file.first_session = std::make_unique<const std::string>(std::move(progress.session));
    }
    files_.add(std::move(file));
    ++left_[folder];
}

FileId ResumedFiles::find(std::uint32_t folder, std::string_view name,
                          const FileIdentity& identity) const {
    const FileId id = left_[folder] > 0 ? files_.find_unseen_inode(folder, identity.inode) : 0;
    const KnownFile* file = files_.find(id);
    if (file == nullptr || file->identity != identity ||
        (identity.birth_ns == 0 && file->name != name)) {
        return 0;
    }
    return id;
}

void ResumedFiles::take_up(FileId id, KnownFile file) {
    --left_[file.folder];
    files_.replace(id, std::move(file));
}

void ResumedFiles::listed(std::uint32_t folder, bool any_log) {
    seen_[folder] = seen_[folder] || any_log;
    if (left_.back() == 0 || std::ranges::find(seen_, false) != seen_.end()) {
        return;
    }
    std::vector<FileId> elsewhere;
    files_.for_each([&](FileId id, const KnownFile& file) {
        if (file.unseen && file.folder == seen_.size()) {
            elsewhere.push_back(id);
        }
    });
    for (const FileId id : elsewhere) {
        files_.erase(id);
    }
    left_.back() = 0;
}

std::size_t ResumedFiles::unseen_folders() const {
    std::size_t unseen = 0;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        unseen += !seen_[i] && left_[i] > 0 ? 1 : 0;
    }
    return unseen;
}

std::size_t ResumedFiles::left() const {
    return std::accumulate(left_.begin(), left_.end(), std::size_t{0});
}

}  // namespace tailer
