// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailer/files/file_index.h"
#include "tailer/files/file_table.h"
#include "tailer/files/known_file.h"

namespace tailer {

/// The table of files, and which of them has a name or an inode. Those that are `unseen` are found
/// apart from all others.
class IndexedFiles {
public:
    FileId add(KnownFile file);
    /// `file` takes the place of the one with this id.
    void replace(FileId id, KnownFile file);
    void rename(FileId id, CompactName name);
    void erase(FileId id);

    [[nodiscard]] KnownFile* find(FileId id) { return table_.find(id); }
    [[nodiscard]] const KnownFile* find(FileId id) const { return table_.find(id); }
    /// Throws std::out_of_range when there is none.
    [[nodiscard]] KnownFile& at(FileId id) { return table_.at(id); }
    [[nodiscard]] std::size_t size() const { return table_.size(); }
    template <typename Visit>
    void for_each(Visit visit) {
        table_.for_each(visit);
    }
    template <typename Visit>
    void for_each(Visit visit) const {
        table_.for_each(visit);
    }

    /// The id or 0; of two files with one name in one folder the last counts.
    [[nodiscard]] FileId find_name(std::uint32_t folder, const CompactName& name) const;
    /// The same by inode.
    [[nodiscard]] FileId find_inode(std::uint32_t folder, std::uint64_t inode) const;

    /// Of the unseen ones; each that has the name is tried until `fits(file)`.
    template <typename Fits>
    [[nodiscard]] FileId find_unseen_name(std::uint32_t folder, const CompactName& name,
                                          Fits fits) const {
        return names_.find(name_hash(folder, name), [&](FileId id) {
            const KnownFile& file = *find(id);
            return is_named(file, folder, name, true) && fits(file);
        });
    }
    /// The last of them.
    [[nodiscard]] FileId find_unseen_inode(std::uint32_t folder, std::uint64_t inode) const;

private:
    [[nodiscard]] static std::size_t name_hash(std::uint32_t folder, const CompactName& name);
    [[nodiscard]] static bool is_named(const KnownFile& file, std::uint32_t folder,
                                       const CompactName& name, bool unseen) {
        return file.unseen == unseen && file.folder == folder && file.name == name;
    }
    [[nodiscard]] auto has_inode(std::uint32_t folder, std::uint64_t inode, bool unseen) const;
    [[nodiscard]] auto hash_of_name() const;
    [[nodiscard]] auto hash_of_inode() const;
    void enter_name(FileId id);
    void enter_inode(FileId id);

    FileTable table_;
    FileIndex names_;
    FileIndex inodes_;
};

}  // namespace tailer
