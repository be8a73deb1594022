// SPDX-License-Identifier: MIT
#include "tailer/files/indexed_files.h"

#include <utility>

namespace tailer {
namespace {

std::size_t inode_hash(std::uint32_t folder, std::uint64_t inode) {
    // The folder in the upper part, where names and inodes differ less.
    return hash_of_inode(inode) + (std::size_t{folder} << 32U);
}

}  // namespace

std::size_t IndexedFiles::name_hash(std::uint32_t folder, const CompactName& name) {
    return name.hash() + (std::size_t{folder} << 32U);
}

auto IndexedFiles::has_inode(std::uint32_t folder, std::uint64_t inode, bool unseen) const {
    return [this, folder, inode, unseen](FileId id) {
        const KnownFile& file = *find(id);
        return file.unseen == unseen && file.folder == folder && file.identity.inode == inode;
    };
}

auto IndexedFiles::hash_of_name() const {
    return [this](FileId id) {
        const KnownFile& file = *find(id);
        return name_hash(file.folder, file.name);
    };
}

auto IndexedFiles::hash_of_inode() const {
    return [this](FileId id) {
        const KnownFile& file = *find(id);
        return inode_hash(file.folder, file.identity.inode);
    };
}

FileId IndexedFiles::find_name(std::uint32_t folder, const CompactName& name) const {
    return names_.find(name_hash(folder, name),
                       [&](FileId id) { return is_named(*find(id), folder, name, false); });
}

FileId IndexedFiles::find_inode(std::uint32_t folder, std::uint64_t inode) const {
    return inodes_.find(inode_hash(folder, inode), has_inode(folder, inode, false));
}

FileId IndexedFiles::find_unseen_inode(std::uint32_t folder, std::uint64_t inode) const {
    return inodes_.find(inode_hash(folder, inode), has_inode(folder, inode, true));
}

void IndexedFiles::enter_name(FileId id) {
    const KnownFile& file = at(id);
    const auto takes_place_of = [&](FileId other) {
        return !file.unseen && is_named(*find(other), file.folder, file.name, false);
    };
    names_.assign(id, takes_place_of, hash_of_name());
}

void IndexedFiles::enter_inode(FileId id) {
    const KnownFile& file = at(id);
    inodes_.assign(id, has_inode(file.folder, file.identity.inode, file.unseen), hash_of_inode());
}

FileId IndexedFiles::add(KnownFile file) {
    const FileId id = table_.add(std::move(file));
    enter_name(id);
    enter_inode(id);
    return id;
}

void IndexedFiles::replace(FileId id, KnownFile file) {
    KnownFile& old = at(id);
    const bool found_alike = old.folder == file.folder && old.name == file.name &&
                             old.identity.inode == file.identity.inode;
    if (found_alike && find_name(file.folder, file.name) == 0 &&
        find_inode(file.folder, file.identity.inode) == 0) {
        old = std::move(file);  // mostly; the indexes have it already
        return;
    }
    names_.erase(id, hash_of_name());
    inodes_.erase(id, hash_of_inode());
    old = std::move(file);
    enter_name(id);
    enter_inode(id);
}

void IndexedFiles::rename(FileId id, CompactName name) {
    names_.erase(id, hash_of_name());
    at(id).name = std::move(name);
    enter_name(id);
}

void IndexedFiles::erase(FileId id) {
    names_.erase(id, hash_of_name());
    inodes_.erase(id, hash_of_inode());
    table_.erase(id);
}

}  // namespace tailer
