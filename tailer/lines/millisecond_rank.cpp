// SPDX-License-Identifier: MIT
#include "tailer/lines/millisecond_rank.h"

#include <algorithm>

#include "base/nanoseconds.h"

namespace tailer {
namespace {

constexpr std::int64_t kBlockBase = 62'500;
constexpr std::uint64_t kBases = 15;

std::int64_t floor_to_millisecond(std::int64_t time_ns) {
    const std::int64_t remainder = time_ns % base::kNanosPerMillisecond;
    return (time_ns - remainder) / base::kNanosPerMillisecond - (remainder < 0 ? 1 : 0);
}

}  // namespace

std::int64_t MillisecondRank::next(std::int64_t time_ns, std::uint64_t offset) {
    const std::uint64_t block = offset / kBlockBytes;
    if (block != block_) {
        block_ = block;
        counts_.clear();
    }
    const std::int64_t base = static_cast<std::int64_t>(block % kBases) * kBlockBase;
    const std::int64_t millisecond = floor_to_millisecond(time_ns);
    // Boundary stamps before it takes the log's lock, so stamps may step back a little; mostly they
    // only grow.
    if (counts_.empty() || counts_.back().millisecond < millisecond) {
        counts_.push_back({millisecond, 1});
        return base;
    }
    const auto found = std::ranges::lower_bound(counts_, millisecond, {}, &Count::millisecond);
    if (found->millisecond == millisecond) {
        return base + found->lines++ % kBlockBase;
    }
    counts_.insert(found, {millisecond, 1});
    return base;
}

}  // namespace tailer
