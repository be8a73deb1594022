// SPDX-License-Identifier: MIT
#include "exporter/streams/outgoing_streams.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/rfc3339.h"
#include "exporter/loki/stream_labels.h"

namespace exporter {
namespace {

/// How much older than its batch's neighbours an entry may be: what the reader's merge allows.
constexpr std::chrono::minutes kDisorder{5};

base::Labels with_late(base::Labels labels, std::string_view value) {
    labels.emplace_back("late", value);
    std::ranges::sort(labels);
    return labels;
}

}  // namespace

OutgoingStream& OutgoingStreams::of(const base::Labels& labels) {
    const auto [at, is_new] = by_text_.try_emplace(stream_labels_text(labels), labels,
                                                   bytes_per_second_, jitter_seed_ + size());
    late_ += is_new && at->second.is_late() ? 1 : 0;
    return at->second;
}

OutgoingStream& OutgoingStreams::late_sibling(const base::Labels& labels,
                                              std::int64_t timestamp_ns) {
    std::string hour;
    base::append_rfc3339_nano(hour, timestamp_ns);
    hour.resize(std::string_view("2026-06-09T12").size());
    const base::Labels late = with_late(labels, hour);
    if (late_ >= most_late_ && !by_text_.contains(stream_labels_text(late))) {
        events_.on_label_folded("late");
        return of(with_late(labels, "other"));
    }
    return of(late);
}

bool OutgoingStreams::idle() const {
    return std::ranges::all_of(by_text_, [](const auto& entry) { return entry.second.empty(); });
}

std::optional<std::int64_t> OutgoingStreams::oldest_unsettled_ns() const {
    std::optional<std::int64_t> oldest;
    for (const auto& [text, stream] : by_text_) {
        const auto its_oldest = stream.oldest_unsettled_ns();
        if (its_oldest && (!oldest || *its_oldest < *oldest)) {
            oldest = its_oldest;
        }
    }
    return oldest;
}

std::optional<std::int64_t> OutgoingStreams::waits_since_ns(const base::Clock& clock) const {
    std::optional<std::int64_t> oldest;
    for (const auto& [text, stream] : by_text_) {
        const auto since = stream.waits_since_ns(clock.wall_ns(), clock.steady());
        if (since && (!oldest || *since < *oldest)) {
            oldest = since;
        }
    }
    return oldest;
}

std::uint64_t OutgoingStreams::bytes_ahead(std::int64_t wall_ns) const {
    const std::int64_t taken_ns = base::add_saturated(wall_ns, kFurthestAheadNs);
    std::uint64_t bytes = 0;
    for (const auto& [text, stream] : by_text_) {
        if (stream.is_late() && stream.hour_end_ns() > taken_ns) {
            bytes += stream.bytes_on_disk() + stream.bytes_in_memory();
        }
    }
    return bytes;
}

std::size_t OutgoingStreams::barred_entries() const {
    std::size_t entries = 0;
    for (const auto& [text, stream] : by_text_) {
        entries += stream.barred_entries();
    }
    return entries;
}

std::map<std::string, std::int64_t> OutgoingStreams::high_water(
    std::chrono::nanoseconds late_after) const {
    std::map<std::string, std::int64_t> marks;
    std::int64_t limit = INT64_MAX;
    const std::int64_t margin = (late_after - kDisorder).count();
    for (const auto& [text, stream] : by_text_) {
        // What was late before has to be late again, so it holds no mark back.
        if (const auto oldest = stream.oldest_unsettled_ns(); oldest && !stream.is_late()) {
            limit = std::min(limit, std::min(*oldest, INT64_MAX - margin) + margin);
        }
    }
    for (const auto& [text, stream] : by_text_) {
        if (stream.marks.settled_ns != StreamMarks::kNone && !stream.is_late()) {
            marks.emplace(text, std::min(limit, stream.marks.settled_ns));
        }
    }
    return marks;
}

void OutgoingStreams::restore_high_water(const std::map<std::string, std::int64_t>& marks) {
    for (const auto& [text, mark] : marks) {
        OutgoingStream& stream = of(parse_stream_labels(text));
        stream.marks.add(mark);
        stream.marks.settle(mark);
        if (stream.segments().empty()) {
            stream.marks.store(mark);
        }
    }
}

}  // namespace exporter
