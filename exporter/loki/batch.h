// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/loki/entry.h"

namespace exporter {

/// Entries of one stream, already encoded, oldest first: what one push request carries.
class SealedBatch {
public:
    /// Where one entry lies in entries().
    struct Slot {
        std::int64_t timestamp_ns = 0;
        std::size_t begin = 0;
        std::size_t size = 0;
        Ticket ticket;
    };

    SealedBatch() = default;
    /// `slots` must be in the order of `entries` and ascending in time.
    SealedBatch(std::string entries, std::vector<Slot> slots)
        : entries_(std::move(entries)), slots_(std::move(slots)) {}

    [[nodiscard]] std::string_view entries() const { return entries_; }
    [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
    [[nodiscard]] std::size_t size() const { return slots_.size(); }
    [[nodiscard]] std::size_t bytes() const { return entries_.size(); }

    /// The entries of slots [first, last) as a batch of their own.
    [[nodiscard]] SealedBatch part(std::size_t first, std::size_t last) const;

private:
    std::string entries_;
    std::vector<Slot> slots_;
};

/// Grows by entries in any order; sealing sorts them by time (Loki checks entries in the order
/// given, and a newer one first can make it refuse an older one).
class Batch {
public:
    void add(const Entry& entry);
    /// Adds all of a batch, unless both together would have more bytes than that, or more time from
    /// the oldest entry to the newest. Whether it did.
    [[nodiscard]] bool add(const SealedBatch& batch, std::size_t most_bytes,
                           std::chrono::nanoseconds longest_span);
    [[nodiscard]] bool empty() const { return slots_.empty(); }
    [[nodiscard]] std::size_t bytes() const { return entries_.size(); }
    [[nodiscard]] std::optional<std::int64_t> oldest_ns() const {
        return empty() ? std::nullopt : std::optional(oldest_ns_);
    }
    /// Time from the oldest entry to the newest, were one of `timestamp_ns` among them.
    [[nodiscard]] std::uint64_t span_with(std::int64_t timestamp_ns) const;

    /// Gives what was gathered and starts anew.
    [[nodiscard]] SealedBatch seal();

private:
    std::string entries_;
    std::vector<SealedBatch::Slot> slots_;
    /// Of the batch before: the next one mostly grows as large.
    std::size_t last_bytes_ = 0;
    std::size_t last_count_ = 0;
    bool ascending_ = true;
    std::int64_t oldest_ns_ = 0;
    std::int64_t newest_ns_ = 0;
};

}  // namespace exporter
