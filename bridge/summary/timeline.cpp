// SPDX-License-Identifier: MIT
#include "bridge/summary/timeline.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/nanoseconds.h"

namespace bridge {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

/// Each a multiple of the one before, so that buckets can be merged. The last is wide enough for
/// all the time that 64 bits of nanoseconds can tell.
constexpr std::array<std::int64_t, 14> kBucketSteps = {
    1,     5,         10,         30,   kMinute,  5 * kMinute, 10 * kMinute, 30 * kMinute,
    kHour, 6 * kHour, 12 * kHour, kDay, 7 * kDay, 70 * kDay};

constexpr std::array<std::int64_t, 30> kColumnSteps = {
    1,           2,           5,           10,           15,           20,           30,
    kMinute,     2 * kMinute, 5 * kMinute, 10 * kMinute, 15 * kMinute, 20 * kMinute, 30 * kMinute,
    kHour,       2 * kHour,   3 * kHour,   4 * kHour,    6 * kHour,    12 * kHour,   kDay,
    2 * kDay,    7 * kDay,    14 * kDay,   35 * kDay,    70 * kDay,    140 * kDay,   700 * kDay,
    3500 * kDay, 35000 * kDay};

constexpr std::size_t kMostCuts = 3;

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
    const std::int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

/// Starts of the first and the last bucket of a stretch that is drawn whole.
struct Stretch {
    std::int64_t first = 0;
    std::int64_t last = 0;

    [[nodiscard]] std::size_t columns(std::int64_t step) const {
        return static_cast<std::size_t>((floor_to(last, step) - floor_to(first, step)) / step) + 1;
    }
};

std::vector<Stretch> cut_silences(const Timeline& timeline, std::size_t most) {
    const auto& buckets = timeline.buckets();
    struct Silence {
        std::int64_t before = 0;  ///< the bucket that ends it
        std::int64_t seconds = 0;
    };
    std::vector<Silence> silences;
    for (auto next = std::next(buckets.begin()); next != buckets.end(); ++next) {
        silences.push_back({next->first, next->first - std::prev(next)->first});
    }
    std::ranges::sort(silences, std::ranges::greater{}, &Silence::seconds);

    std::int64_t shown = buckets.rbegin()->first - buckets.begin()->first;
    std::vector<std::int64_t> cuts;
    for (const auto& silence : silences) {
        const auto drawn = static_cast<std::size_t>(shown / timeline.step_seconds());
        const bool fits = drawn + 1 + 2 * cuts.size() <= most;
        if (fits || cuts.size() == kMostCuts || silence.seconds <= shown / 2) {
            break;
        }
        shown -= silence.seconds;
        cuts.push_back(silence.before);
    }
    std::ranges::sort(cuts);

    std::vector<Stretch> stretches;
    std::int64_t first = buckets.begin()->first;
    for (const std::int64_t cut : cuts) {
        stretches.push_back({first, std::prev(buckets.find(cut))->first});
        first = cut;
    }
    stretches.push_back({first, buckets.rbegin()->first});
    return stretches;
}

std::size_t columns_of(const std::vector<Stretch>& stretches, std::int64_t step) {
    std::size_t columns = stretches.size() - 1;
    for (const auto& stretch : stretches) {
        columns += stretch.columns(step);
    }
    return columns;
}

}  // namespace

void Timeline::add(std::int64_t time_ns, bool allow) {
    // Not by floor_to: the second that holds the smallest number begins before it.
    const std::int64_t seconds = base::whole_seconds(time_ns);
    Counts& counts = buckets_[floor_to(seconds, step_seconds_)];
    ++(allow ? counts.allow : counts.deny);
    while (buckets_.size() > kMostBuckets) {
        coarsen();
    }
}

void Timeline::coarsen() {
    step_seconds_ = *std::ranges::upper_bound(kBucketSteps, step_seconds_);
    std::map<std::int64_t, Counts> coarse;
    for (const auto& [start, counts] : buckets_) {
        Counts& sum = coarse[floor_to(start, step_seconds_)];
        sum.allow += counts.allow;
        sum.deny += counts.deny;
    }
    buckets_ = std::move(coarse);
}

TimelineColumns lay_out(const Timeline& timeline, std::size_t most) {
    TimelineColumns result;
    const auto& buckets = timeline.buckets();
    if (buckets.empty()) {
        return result;
    }
    const std::vector<Stretch> stretches = cut_silences(timeline, most);
    for (const std::int64_t step : kColumnSteps) {
        result.step_seconds = step;
        if (step % timeline.step_seconds() == 0 && columns_of(stretches, step) <= most) {
            break;
        }
    }
    auto bucket = buckets.begin();
    for (const auto& stretch : stretches) {
        if (!result.columns.empty()) {
            result.columns.push_back({stretch.first, {}, true});
        }
        const std::int64_t first = floor_to(stretch.first, result.step_seconds);
        const std::size_t begin = result.columns.size();
        for (std::size_t i = 0; i < stretch.columns(result.step_seconds); ++i) {
            const auto offset = static_cast<std::int64_t>(i) * result.step_seconds;
            result.columns.push_back({first + offset, {}, false});
        }
        for (; bucket != buckets.end() && bucket->first <= stretch.last; ++bucket) {
            const auto at = static_cast<std::size_t>((bucket->first - first) / result.step_seconds);
            result.columns[begin + at].counts.allow += bucket->second.allow;
            result.columns[begin + at].counts.deny += bucket->second.deny;
        }
    }
    return result;
}

}  // namespace bridge
