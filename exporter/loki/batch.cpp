// SPDX-License-Identifier: MIT
#include "exporter/loki/batch.h"

#include <algorithm>

#include "exporter/loki/push_request.h"

namespace exporter {
namespace {

/// Unsigned, as stamps from both ends of time lie further apart than an int64_t can say.
std::uint64_t span(std::int64_t oldest_ns, std::int64_t newest_ns) {
    return static_cast<std::uint64_t>(newest_ns) - static_cast<std::uint64_t>(oldest_ns);
}

}  // namespace

SealedBatch SealedBatch::part(std::size_t first, std::size_t last) const {
    std::vector<Slot> slots(slots_.begin() + static_cast<std::ptrdiff_t>(first),
                            slots_.begin() + static_cast<std::ptrdiff_t>(last));
    if (slots.empty()) {
        return {};
    }
    const std::size_t begin = slots.front().begin;
    const std::size_t end = slots.back().begin + slots.back().size;
    for (Slot& slot : slots) {
        slot.begin -= begin;
    }
    return {entries_.substr(begin, end - begin), std::move(slots)};
}

void Batch::add(const Entry& entry) {
    if (empty()) {
        entries_.reserve(last_bytes_);
        slots_.reserve(last_count_);
    }
    ascending_ = ascending_ && (slots_.empty() || slots_.back().timestamp_ns <= entry.timestamp_ns);
    oldest_ns_ = slots_.empty() ? entry.timestamp_ns : std::min(oldest_ns_, entry.timestamp_ns);
    newest_ns_ = slots_.empty() ? entry.timestamp_ns : std::max(newest_ns_, entry.timestamp_ns);
    const std::size_t begin = entries_.size();
    append_entry(entries_, entry);
    slots_.push_back({entry.timestamp_ns, begin, entries_.size() - begin, entry.ticket});
}

bool Batch::add(const SealedBatch& batch, std::size_t most_bytes,
                std::chrono::nanoseconds longest_span) {
    const auto& slots = batch.slots();
    if (slots.empty()) {
        return true;
    }
    const std::int64_t oldest_ns = slots.front().timestamp_ns;
    const std::int64_t newest_ns = slots.back().timestamp_ns;
    const std::int64_t both_oldest_ns = empty() ? oldest_ns : std::min(oldest_ns_, oldest_ns);
    const std::int64_t both_newest_ns = empty() ? newest_ns : std::max(newest_ns_, newest_ns);
    if (bytes() + batch.bytes() > most_bytes ||
        span(both_oldest_ns, both_newest_ns) > static_cast<std::uint64_t>(longest_span.count())) {
        return false;
    }
    ascending_ = ascending_ && (empty() || slots_.back().timestamp_ns <= oldest_ns);
    for (SealedBatch::Slot slot : slots) {
        slot.begin += entries_.size();
        slots_.push_back(slot);
    }
    entries_ += batch.entries();
    oldest_ns_ = both_oldest_ns;
    newest_ns_ = both_newest_ns;
    return true;
}

std::uint64_t Batch::span_with(std::int64_t timestamp_ns) const {
    if (empty()) {
        return 0;
    }
    return span(std::min(oldest_ns_, timestamp_ns), std::max(newest_ns_, timestamp_ns));
}

SealedBatch Batch::seal() {
    if (!ascending_) {
        std::ranges::stable_sort(slots_, {}, &SealedBatch::Slot::timestamp_ns);
        std::string sorted;
        sorted.reserve(entries_.size());
        for (auto& slot : slots_) {
            const std::size_t begin = sorted.size();
            sorted.append(entries_, slot.begin, slot.size);
            slot.begin = begin;
        }
        entries_ = std::move(sorted);
    }
    last_bytes_ = entries_.size();
    last_count_ = slots_.size();
    SealedBatch sealed(std::move(entries_), std::move(slots_));
    entries_.clear();
    slots_.clear();
    ascending_ = true;
    return sealed;
}

}  // namespace exporter
