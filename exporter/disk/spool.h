// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exporter/disk/holding.h"

namespace exporter {

/// Batches that wait on disk for Loki to come back. One write-once file a batch:
///
///     <sequence, 20 digits>.push.zst   one zstd frame with content checksum, holding the
///                                      PushRequest protobuf message that can be sent as it is
///
/// A segment is written to a temporary name, fsynced, renamed, and the folder fsynced; it is
/// removed once its batch is settled. What a killed daemon left is found by the next: a temporary
/// file is a batch that was never promised to be kept and is removed; a damaged segment is set
/// aside as `.damaged` and reported; one that cannot be read now is left where it is. One process
/// at a time (the state folder's lock sees to that).
class Spool {
public:
    struct Segment {
        std::uint64_t sequence = 0;
        std::string labels;            ///< the stream, as stream_labels_text()
        std::uint64_t disk_bytes = 0;  ///< whole blocks
        /// Of one that was there at open(): when it was written, as our own clock had it, in
        /// nanoseconds since the Unix epoch.
        std::int64_t written_ns = 0;
        std::vector<Holding> holds = {};
    };

    /// Opens or makes the folder. At `max_bytes` on disk add() refuses (code ENOSPC).
    [[nodiscard]] static base::Result<Spool> open(std::string folder, std::uint64_t max_bytes);

    /// What was there at open(), oldest first; for the exporter to take over.
    [[nodiscard]] std::vector<Segment> take_found() { return std::exchange(found_, {}); }
    /// What was there as well, and could not be read: whose, and what it holds, is not known.
    [[nodiscard]] std::vector<Segment> take_unreadable() { return std::exchange(unreadable_, {}); }
    /// Segments to come get higher numbers than this.
    void number_after(std::uint64_t sequence) {
        next_sequence_ = std::max(next_sequence_, sequence + 1);
    }
    /// Files set aside at open(), by name.
    [[nodiscard]] const std::vector<std::string>& damaged() const { return damaged_; }
    /// What was there at open() under a segment's name and is none of ours: a sentence each. It is
    /// left as it is.
    [[nodiscard]] const std::vector<std::string>& refused() const { return refused_; }

    /// Makes a batch durable; the Segment names it from then on. `slots`: see holdings_of().
    [[nodiscard]] base::Result<Segment> add(std::string_view labels, std::string_view entries,
                                            std::span<const SealedBatch::Slot> slots = {});
    /// The same for entries of a segment that will be removed: they find room whatever the cap.
    [[nodiscard]] base::Result<Segment> add_moved(std::string_view labels,
                                                  std::string_view entries);
    /// The entries of a segment, as a run of append_entry() results. An Error with code 0 means
    /// that it is damaged.
    [[nodiscard]] base::Result<std::string> load(const Segment& segment) const;
    void remove(const Segment& segment);
    /// Keeps a segment that is of no use as `.damaged`, no longer one that waits.
    void set_aside(const Segment& segment);

    /// What all segments take on disk, in whole blocks.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t max_bytes() const { return max_bytes_; }
    [[nodiscard]] std::size_t segments() const { return count_; }

private:
    Spool(std::string folder, std::uint64_t max_bytes)
        : folder_(std::move(folder)), max_bytes_(max_bytes) {}
    [[nodiscard]] std::string path_of(std::uint64_t sequence) const;
    [[nodiscard]] base::Result<Segment> add(std::string_view labels, std::string_view entries,
                                            std::span<const SealedBatch::Slot> slots,
                                            std::uint64_t max_bytes);
    void forget(const Segment& segment);
    void find_segments();

    std::string folder_;
    std::uint64_t max_bytes_;
    std::vector<Segment> found_;
    std::vector<Segment> unreadable_;
    std::vector<std::string> damaged_;
    std::vector<std::string> refused_;
    std::uint64_t next_sequence_ = 1;
    std::uint64_t bytes_ = 0;
    std::size_t count_ = 0;
};

}  // namespace exporter
