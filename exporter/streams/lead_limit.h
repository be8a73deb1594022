// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "exporter/loki/batch.h"
#include "exporter/streams/outgoing_stream.h"

namespace exporter {

/// Which stamps may lead their stream: those that Loki takes by now. One of the year 2200 must not
/// make every true one look late. Not thread-safe.
class LeadLimit {
public:
    explicit LeadLimit(const base::Clock& clock) : clock_(clock) {}

    [[nodiscard]] bool allows(std::int64_t timestamp_ns) {
        if (timestamp_ns > limit_ns_) {  // else there is no need to look at the clock
            limit_ns_ = clock_.wall_ns() + kFurthestAheadNs;
        }
        return timestamp_ns <= limit_ns_;
    }
    /// The newest stamp of a batch that may lead; kNone when none may.
    [[nodiscard]] std::int64_t newest_of(const SealedBatch& batch) {
        // Ascending in time, so the last one that may lead is the newest of them.
        const auto& slots = batch.slots();
        const auto newest = std::find_if(slots.rbegin(), slots.rend(), [this](const auto& slot) {
            return allows(slot.timestamp_ns);
        });
        return newest == slots.rend() ? StreamMarks::kNone : newest->timestamp_ns;
    }

private:
    const base::Clock& clock_;
    std::int64_t limit_ns_ = INT64_MIN;  ///< as of the last look at the clock
};

}  // namespace exporter
