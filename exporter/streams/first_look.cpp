// SPDX-License-Identifier: MIT
#include "exporter/streams/first_look.h"

#include <algorithm>
#include <string>

#include "base/nanoseconds.h"
#include "exporter/loki/read_back.h"
#include "exporter/loki/stream_labels.h"

namespace exporter {
namespace {

std::string of_workspace(base::Labels labels) {
    std::erase_if(labels, [](const base::Label& label) { return is_of_the_entry(label.first); });
    return stream_labels_text(labels);
}

}  // namespace

bool FirstLook::finds_nothing_of(const OutgoingStream& stream) {
    const auto& slots = stream.front().batch.slots();
    const std::int64_t first_ns = slots.front().timestamp_ns;
    const std::string labels = of_workspace(stream.labels());
    if (tries_left_ > 0) {
        const std::int64_t start_ns =
            std::min(first_ns, streams_.oldest_unsettled_ns().value_or(first_ns));
        const std::int64_t end_ns = base::add_saturated(clock_.wall_ns(), kFurthestAheadNs);
        const auto any = shows_any(loki_, labels, start_ns, end_ns, timeout_);
        tries_left_ = any ? 0 : tries_left_ - 1;
        if (any && !*any) {
            labels_ = labels;
            start_ns_ = start_ns;
            end_ns_ = end_ns;
        }
    }
    return labels == labels_ && first_ns >= start_ns_ && slots.back().timestamp_ns < end_ns_;
}

}  // namespace exporter
