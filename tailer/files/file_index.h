// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tailer/files/known_file.h"

namespace tailer {

[[nodiscard]] inline std::size_t hash_of_inode(std::uint64_t inode) {
    const std::uint64_t mixed = inode * 0x9E3779B97F4A7C15U;
    return mixed ^ mixed >> 32U;
}

/// Finds files by a key that stands in the file itself: a hash table of nothing but ids. Callers
/// bring the functions: `matches(id)` says whether it is the file wanted, `hash_of(id)` gives the
/// hash of an id's key, always the same one while the id is in here.
class FileIndex {
public:
    /// The id of this hash that matches, or 0.
    template <typename Matches>
    [[nodiscard]] FileId find(std::size_t hash, Matches matches) const {
        const std::size_t at = place_of(hash, matches);
        return at == kNowhere ? 0 : id_in(slots_[at]);
    }

    /// Adds an id, in the place of the one that matches, if there is one.
    template <typename Matches, typename HashOf>
    void assign(FileId id, Matches matches, HashOf hash_of) {
        const std::size_t hash = hash_of(id);
        if (const std::size_t at = place_of(hash, matches); at != kNowhere) {
            slots_[at] = slot(hash, id);
            return;
        }
        if ((used_ + 1) * 8 > slots_.size() * 7) {
            grow(hash_of);
        }
        put(hash, id);
        ++used_;
    }

    /// Takes an id away, if it is here.
    template <typename HashOf>
    void erase(FileId id, HashOf hash_of) {
        std::size_t hole = place_of(hash_of(id), [id](FileId other) { return other == id; });
        if (hole == kNowhere) {
            return;
        }
        --used_;
        // What had to give way moves up, so that no search ends too early.
        for (std::size_t at = next(hole); slots_[at] != 0; at = next(at)) {
            const std::size_t wanted = home(hash_of(id_in(slots_[at])));
            if (distance(wanted, at) >= distance(hole, at)) {
                slots_[hole] = std::exchange(slots_[at], 0);
                hole = at;
            }
        }
        slots_[hole] = 0;
    }

private:
    static constexpr std::size_t kNowhere = SIZE_MAX;
    static constexpr std::size_t kFewest = 16;
    static constexpr unsigned kTagBits = 16;

    /// The id, with the top of its hash, which spares most looks at files that do not match.
    static std::uint64_t slot(std::size_t hash, FileId id) {
        return id << kTagBits | hash >> (64 - kTagBits);
    }
    static FileId id_in(std::uint64_t slot) { return slot >> kTagBits; }

    [[nodiscard]] std::size_t home(std::size_t hash) const { return hash & (slots_.size() - 1); }
    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
    [[nodiscard]] std::size_t distance(std::size_t from, std::size_t to) const {
        return (to - from) & (slots_.size() - 1);
    }

    template <typename Matches>
    [[nodiscard]] std::size_t place_of(std::size_t hash, Matches matches) const {
        if (slots_.empty()) {
            return kNowhere;
        }
        for (std::size_t at = home(hash); slots_[at] != 0; at = next(at)) {
            const FileId id = id_in(slots_[at]);
            if (slots_[at] == slot(hash, id) && matches(id)) {
                return at;
            }
        }
        return kNowhere;
    }

    void put(std::size_t hash, FileId id) {
        std::size_t at = home(hash);
        while (slots_[at] != 0) {
            at = next(at);
        }
        slots_[at] = slot(hash, id);
    }

    template <typename HashOf>
    void grow(HashOf hash_of) {
        const auto more = slots_.empty() ? kFewest : 2 * slots_.size();
        for (const std::uint64_t old : std::exchange(slots_, std::vector<std::uint64_t>(more))) {
            if (old != 0) {
                put(hash_of(id_in(old)), id_in(old));
            }
        }
    }

    std::vector<std::uint64_t> slots_;  ///< a power of two, at most seven eighths used; 0 = free
    std::size_t used_ = 0;
};

}  // namespace tailer
