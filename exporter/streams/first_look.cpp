// SPDX-License-Identifier: MIT
#include "exporter/streams/first_look.h"

#include <algorithm>
#include <string>
#include <utility>

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

std::optional<Reply> FirstLook::ask(const OutgoingStream& stream) {
    const std::int64_t first_ns = stream.front().batch.slots().front().timestamp_ns;
    const std::int64_t start_ns =
        std::min(first_ns, streams_.oldest_unsettled_ns().value_or(first_ns));
    const std::int64_t end_ns = base::add_saturated(clock_.wall_ns(), kFurthestAheadNs);
    std::string labels = of_workspace(stream.labels());
    Glimpse seen = glimpse(loki_, labels, start_ns, end_ns, timeout_);
    if (seen.state == ReadBack::State::TryLater) {
        return std::move(seen.reply);
    }
    open_ = false;
    if (seen.state == ReadBack::State::Known && !seen.any) {
        labels_ = std::move(labels);
        start_ns_ = start_ns;
        end_ns_ = end_ns;
    }
    return std::nullopt;
}

bool FirstLook::found_nothing_of(const OutgoingStream& stream) const {
    const auto& slots = stream.front().batch.slots();
    return of_workspace(stream.labels()) == labels_ && slots.front().timestamp_ns >= start_ns_ &&
           slots.back().timestamp_ns < end_ns_;
}

}  // namespace exporter
