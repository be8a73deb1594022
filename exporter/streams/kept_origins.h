// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/labels.h"
#include "exporter/loki/entry.h"

namespace exporter {

/// Knows entries again whose stream and line may come out otherwise when their lines are read a
/// second time (another tool call, late or not): what was made of them first lies in the spool, or
/// did until Loki had it, and must stay the only one.
///
/// An entry is known by its origin: a hash of its timestamp and of the metadata that never changes.
/// The session and the number in it are among those.
/// The hash is the same in every process, since a checkpoint keeps those of entries that lie behind
/// its offsets; once a checkpoint is past their lines, nobody reads them again.
class KeptOrigins {
public:
    explicit KeptOrigins(std::vector<std::string> unstable_metadata)
        : unstable_metadata_(std::move(unstable_metadata)) {}

    [[nodiscard]] std::uint64_t origin_of(std::int64_t timestamp_ns,
                                          std::span<const base::LabelView> metadata) const;

    /// From an earlier process: by its checkpoint, or found in its spool.
    void inherit(std::uint64_t origin) { inherited_.insert(origin); }
    [[nodiscard]] bool knows(std::uint64_t origin) const { return inherited_.contains(origin); }
    [[nodiscard]] bool knows_any() const { return !inherited_.empty(); }
    /// All that an earlier process read has been read again.
    void forget_inherited() { inherited_ = {}; }

    /// Made durable by this process.
    void keep(const Ticket& ticket, std::uint64_t origin) {
        kept_.push_back({ticket, origin, false});
    }
    /// Lets go of those whose lines a checkpoint is past.
    void forget_if(const std::function<bool(const Ticket&)>& is_covered);

    /// For a checkpoint that says all anew, or for one that only adds to the last.
    void for_each(const std::function<void(std::uint64_t origin)>& visit) const;
    void for_each_unsaved(const std::function<void(std::uint64_t origin)>& visit) const;
    void saved();

private:
    struct Kept {
        Ticket ticket;
        std::uint64_t origin = 0;
        bool saved = false;
    };
    std::vector<std::string> unstable_metadata_;
    std::unordered_set<std::uint64_t> inherited_;
    std::vector<Kept> kept_;
};

}  // namespace exporter
