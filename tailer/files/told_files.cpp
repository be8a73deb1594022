// SPDX-License-Identifier: MIT
#include "tailer/files/told_files.h"

#include <utility>

namespace tailer {

void ToldFiles::tell(FileProgress file) {
    const auto inode_of = [this](FileId id) { return files_[id - 1].identity.inode; };
    const std::uint64_t inode = file.identity.inode;
    const FileId known =
        by_inode_.find(hash_of_inode(inode), [&](FileId id) { return inode_of(id) == inode; });
    if (known != 0) {
        files_[known - 1] = std::move(file);
        return;
    }
    files_.push_back(std::move(file));
    by_inode_.assign(
        files_.size(), [](FileId) { return false; },
        [&](FileId id) { return hash_of_inode(inode_of(id)); });
}

void ToldFiles::forget(std::uint64_t inode) {
    FileProgress forgotten;
    forgotten.identity.inode = inode;
    tell(std::move(forgotten));
}

std::deque<FileProgress> ToldFiles::take() {
    by_inode_ = {};
    std::deque<FileProgress> files = std::exchange(files_, {});
    std::erase_if(files, [](const FileProgress& file) { return file.name.empty(); });
    return files;
}

}  // namespace tailer
