// SPDX-License-Identifier: MIT
#include "bridge/summary/counts.h"

#include <algorithm>

namespace bridge {

void BoundedCounts::add(std::string_view key) {
    key = key.substr(0, kKeyBytes);
    if (const auto found = counts_.find(key); found != counts_.end()) {
        ++found->second;
        return;
    }
    if (counts_.size() >= 2 * keep_) {
        drop_rarest();
    }
    counts_.emplace(key, 1);
}

std::vector<BoundedCounts::Count> BoundedCounts::sorted() const {
    std::vector<Count> all;
    all.reserve(counts_.size());
    for (const auto& [key, count] : counts_) {
        all.push_back({key, count});
    }
    std::ranges::sort(all, [](const Count& a, const Count& b) {
        return a.count != b.count ? a.count > b.count : a.key < b.key;
    });
    return all;
}

void BoundedCounts::drop_rarest() {
    const auto all = sorted();
    for (std::size_t i = keep_; i < all.size(); ++i) {
        other_ += all[i].count;
        counts_.erase(all[i].key);
    }
}

}  // namespace bridge
