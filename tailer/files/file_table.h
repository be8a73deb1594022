// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <utility>

#include "tailer/files/known_file.h"

namespace tailer {

/// Files by id, in blocks, which go when all their files have gone. A file stays where it is, so a
/// reference lasts until its file is erased.
class FileTable {
public:
    FileId add(KnownFile file) {
        const FileId id = ++last_id_;
        if (id % kPerBlock == 0 || blocks_.empty()) {
            blocks_.push_back(std::make_unique<Block>());
            drop_unused(id - 1);
        }
        Block& block = *blocks_.back();
        block.files[id % kPerBlock] = std::move(file);
        block.used |= bit(id);
        ++size_;
        return id;
    }

    /// nullptr when there is none.
    [[nodiscard]] KnownFile* find(FileId id) { return place_of(id); }
    [[nodiscard]] const KnownFile* find(FileId id) const { return place_of(id); }
    /// Throws std::out_of_range when there is none.
    [[nodiscard]] KnownFile& at(FileId id) {
        KnownFile* file = place_of(id);
        return file != nullptr ? *file : throw std::out_of_range("no file of that id");
    }

    void erase(FileId id) {
        at(id) = {};
        block_of(id)->used &= ~bit(id);
        --size_;
        drop_unused(id);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] FileId last_id() const { return last_id_; }

    /// Calls `visit(id, file)` for every file, in the order of their ids. `visit` may add none and
    /// erase none.
    template <typename Visit>
    void for_each(Visit visit) {
        visit_all(visit);
    }
    template <typename Visit>
    void for_each(Visit visit) const {
        visit_all([&visit](FileId id, const KnownFile& file) { visit(id, file); });
    }

private:
    static constexpr std::size_t kPerBlock = 32;
    struct Block {
        std::uint32_t used = 0;  ///< by bit
        std::array<KnownFile, kPerBlock> files;
    };

    static std::uint32_t bit(FileId id) { return std::uint32_t{1} << (id % kPerBlock); }
    [[nodiscard]] Block* block_of(FileId id) const {
        const std::uint64_t index = id / kPerBlock - first_block_;  // huge for ids before the first
        return index < blocks_.size() ? blocks_[index].get() : nullptr;
    }
    [[nodiscard]] KnownFile* place_of(FileId id) const {
        Block* block = block_of(id);
        const bool used = block != nullptr && (block->used & bit(id)) != 0;
        return used ? &block->files[id % kPerBlock] : nullptr;
    }
    template <typename Visit>
    void visit_all(Visit visit) const {
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            std::uint32_t left = blocks_[i] ? blocks_[i]->used : 0;
            for (; left != 0; left &= left - 1) {
                const auto at = static_cast<std::size_t>(std::countr_zero(left));
                visit((first_block_ + i) * kPerBlock + at, blocks_[i]->files[at]);
            }
        }
    }
    /// Gives back the block of `id`, unless files are in it or are yet to come.
    void drop_unused(FileId id) {
        const Block* block = block_of(id);
        if (block == nullptr || block == blocks_.back().get() || block->used != 0) {
            return;
        }
        blocks_[id / kPerBlock - first_block_].reset();
        for (; blocks_.front() == nullptr; ++first_block_) {
            blocks_.pop_front();
        }
    }

    std::deque<std::unique_ptr<Block>> blocks_;
    std::uint64_t first_block_ = 0;
    FileId last_id_ = 0;
    std::size_t size_ = 0;
};

}  // namespace tailer
