// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/labels.h"
#include "exporter/streams/exporter_events.h"
#include "exporter/streams/outgoing_stream.h"

namespace exporter {

/// All streams of an exporter, by their label text. One is made when it is first named, and stays
/// where it is. Not thread-safe.
class OutgoingStreams {
public:
    using ByText = std::map<std::string, OutgoingStream>;

    /// Each stream's pace is `bytes_per_second` (0 = no limit). Above `most_late` streams with the
    /// label `late`, what would make one more shares one, and `events` is told.
    OutgoingStreams(std::uint64_t bytes_per_second, std::size_t most_late,
                    std::uint64_t jitter_seed, ExporterEvents& events)
        : bytes_per_second_(bytes_per_second),
          most_late_(most_late),
          jitter_seed_(jitter_seed),
          events_(events) {}

    [[nodiscard]] OutgoingStream& of(const base::Labels& labels);
    /// The sibling of the stream of `labels` for what happened in the hour of `timestamp_ns`.
    [[nodiscard]] OutgoingStream& late_sibling(const base::Labels& labels,
                                               std::int64_t timestamp_ns);

    [[nodiscard]] std::size_t size() const { return by_text_.size(); }
    [[nodiscard]] ByText::iterator begin() { return by_text_.begin(); }
    [[nodiscard]] ByText::iterator end() { return by_text_.end(); }

    /// Whether nothing waits in any of them, in memory or on disk.
    [[nodiscard]] bool idle() const;
    [[nodiscard]] std::optional<std::int64_t> oldest_unsettled_ns() const;

    /// Since when the oldest entry waits that is in memory alone: see OutgoingStream.
    [[nodiscard]] std::optional<std::int64_t> waits_since_ns(const base::Clock& clock) const;
    /// On disk and in memory, of late streams whose hour lies further ahead than Loki takes.
    [[nodiscard]] std::uint64_t bytes_ahead(std::int64_t wall_ns) const;

    /// In batches that are Barred.
    [[nodiscard]] std::size_t barred_entries() const;

    /// The newest settled timestamp of each stream that is not late. Not newer than what the oldest
    /// unsettled entry allows, so that it is judged on time again when it is read again.
    [[nodiscard]] std::map<std::string, std::int64_t> high_water(
        std::chrono::nanoseconds late_after) const;
    void restore_high_water(const std::map<std::string, std::int64_t>& marks);

private:
    std::uint64_t bytes_per_second_;
    std::size_t most_late_;
    std::uint64_t jitter_seed_;
    ExporterEvents& events_;
    ByText by_text_;
    std::size_t late_ = 0;
};

}  // namespace exporter
