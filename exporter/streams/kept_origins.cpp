// SPDX-License-Identifier: MIT
#include "exporter/streams/kept_origins.h"

#include <algorithm>

namespace exporter {
namespace {

/// FNV-1a, 64 bits (draft-eastlake-fnv), going on from `hash`.
std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = 0xCBF29CE484222325) {
    for (const char c : text) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3;
    }
    return hash;
}

}  // namespace

std::uint64_t KeptOrigins::origin_of(std::int64_t timestamp_ns,
                                     std::span<const base::LabelView> metadata) const {
    std::uint64_t sum = 0;
    for (const auto& [name, value] : metadata) {
        if (std::ranges::find(unstable_metadata_, name) == unstable_metadata_.end()) {
            // Summed, as the order says nothing.
            sum += fnv1a(value, fnv1a("=", fnv1a(name)));
        }
    }
    return fnv1a(std::to_string(sum), fnv1a(std::to_string(timestamp_ns)));
}

void KeptOrigins::forget_if(const std::function<bool(const Ticket&)>& is_covered) {
    std::erase_if(kept_, [&](const Kept& kept) { return is_covered(kept.ticket); });
}

void KeptOrigins::for_each(const std::function<void(std::uint64_t)>& visit) const {
    for (const std::uint64_t origin : inherited_) {
        visit(origin);
    }
    for (const Kept& kept : kept_) {
        visit(kept.origin);
    }
}

void KeptOrigins::for_each_unsaved(const std::function<void(std::uint64_t)>& visit) const {
    for (const Kept& kept : kept_) {
        if (!kept.saved) {
            visit(kept.origin);
        }
    }
}

void KeptOrigins::saved() {
    for (Kept& kept : kept_) {
        kept.saved = true;
    }
}

}  // namespace exporter
