// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/labels.h"
#include "base/nanoseconds.h"
#include "exporter/disk/spool.h"
#include "exporter/loki/batch.h"
#include "exporter/loki/read_back.h"
#include "exporter/loki/stream_labels.h"
#include "exporter/streams/backoff.h"
#include "exporter/streams/limited_pace.h"
#include "exporter/streams/stream_pace.h"

namespace exporter {

/// Loki takes nothing that lies further ahead by default (creation_grace_period).
inline constexpr std::int64_t kFurthestAheadNs = 600 * base::kNanosPerSecond;

/// Whether a batch may be stored already, so that Loki has to be asked before it is sent.
enum class Doubt : std::uint8_t {
    None,
    Predecessor,  ///< an earlier process may have sent it
    Own,          ///< this process has, and got no clear answer, or Loki took a part
    Barred,       ///< as Own, and its stream takes it no more: only Loki's answer can help
};

/// A batch that waits, in memory.
struct PendingPush {
    SealedBatch batch;
    Doubt doubt = Doubt::None;
    int failures = 0;
    base::SteadyTime gathered_at{};  ///< its first entry
    bool pushed = false;             ///< so that a part of it may be stored, whatever was answered
};

/// How long a segment could not be read, which may pass: a disk that is taken away, an I/O error.
class Unread {
public:
    /// Whether to try again after a failure; 0 = the segment is damaged.
    [[nodiscard]] bool tries_again(int code, base::SteadyTime now);

private:
    std::optional<base::SteadyTime> since_;
    int tries_ = 0;
};

/// The newest entries that a stream has been given, by their timestamps.
struct StreamMarks {
    static constexpr std::int64_t kNone = INT64_MIN;

    std::int64_t added_ns = kNone;
    std::int64_t settled_ns = kNone;
    std::int64_t stored_ns = kNone;  ///< that Loki has, for all we know

    void add(std::int64_t timestamp_ns) { added_ns = std::max(added_ns, timestamp_ns); }
    void settle(std::int64_t timestamp_ns) { settled_ns = std::max(settled_ns, timestamp_ns); }
    void store(std::int64_t timestamp_ns) { stored_ns = std::max(stored_ns, timestamp_ns); }
    /// No entry that was added or settled counts as newer than this.
    void limit(std::int64_t timestamp_ns) {
        added_ns = std::min(added_ns, timestamp_ns);
        settled_ns = std::min(settled_ns, timestamp_ns);
    }
};

/// When a stream is to be sent from.
struct StreamTurns {
    Backoff backoff;
    StreamPace pace;
    LimitedPace limited = {};  ///< by a limit of the server's on this stream
    base::SteadyTime not_before{};
    bool awaits_room = false;  ///< the tenant has as many streams as it may have, without this one
    /// Until then a push of unknown outcome may still be on its way to Loki.
    base::SteadyTime landed_by{};
    std::uint64_t last = 0;  ///< in turns of all streams
    std::optional<base::SteadyTime> failing_since = {};

    [[nodiscard]] base::SteadyTime next_push() const {
        return std::max({not_before, pace.next_push(), limited.next_push()});
    }
    /// Lets the next try wait, longer each time.
    void postpone(const base::Clock& clock) { not_before = clock.steady() + backoff.next(); }
};

/// What waits to be pushed to one stream, oldest first: the spool's segments, then the sealed
/// batches in memory, then the batch that still grows. Not thread-safe.
class OutgoingStream {
public:
    OutgoingStream(base::Labels labels, std::uint64_t bytes_per_second, std::uint64_t seed);

    [[nodiscard]] const base::Labels& labels() const { return labels_; }
    /// The labels as Loki wants them.
    [[nodiscard]] const std::string& text() const { return text_; }
    /// The same without `late`: as a selector it finds this stream and all its siblings. An entry
    /// that is late now may not have been so when a killed process sent it.
    [[nodiscard]] const std::string& asked_as() const { return asked_as_; }
    /// Whether it is a sibling for entries behind the window; and the end of the hour that it is
    /// for, if it is for one.
    [[nodiscard]] bool is_late() const { return late_; }
    [[nodiscard]] std::int64_t hour_end_ns() const { return hour_end_ns_; }

    [[nodiscard]] bool empty() const {
        return open_.empty() && queue_.empty() && segments_.empty() && loaded_.empty();
    }
    /// Of what is in no segment.
    [[nodiscard]] std::size_t bytes_in_memory() const;
    [[nodiscard]] std::uint64_t bytes_on_disk() const;
    /// In batches that are Barred.
    [[nodiscard]] std::size_t barred_entries() const;
    /// Since when an entry waits that is in no segment: its timestamp, or when it was gathered if
    /// that was earlier. `now` in both clocks.
    [[nodiscard]] std::optional<std::int64_t> waits_since_ns(std::int64_t wall_ns,
                                                             base::SteadyTime steady) const;
    /// Timestamp of the oldest entry in memory that is in no segment.
    [[nodiscard]] std::optional<std::int64_t> oldest_unsettled_ns() const;

    /// Adds to the growing batch, and gives the bytes that it grew by.
    std::size_t gather(const Entry& entry, Doubt doubt, const base::Clock& clock);
    /// The batch that grows, and since when.
    [[nodiscard]] const Batch& open() const { return open_; }
    [[nodiscard]] base::SteadyTime opened_at() const { return opened_at_; }
    /// Moves it to the end of the queue, if there is anything in it.
    void seal();

    /// Whether there is something to send; a segment only up to `covered_sequence`.
    [[nodiscard]] bool may_send(std::uint64_t covered_sequence) const;
    /// The batch to send next: the parts of a loaded segment come before the queue.
    [[nodiscard]] PendingPush& front() { return front_line().front(); }
    [[nodiscard]] const PendingPush& front() const {
        return sends_from_memory() ? queue_.front() : loaded_.front();
    }
    /// Whether that is of the queue: what is of a segment was settled when that was written.
    [[nodiscard]] bool sends_from_memory() const { return loaded_.empty(); }
    /// Puts parts of the batch in front in its place; what is in none of them is done with.
    void replace_front(std::vector<PendingPush> parts);
    /// Cuts it into halves.
    void split_front();
    /// Cuts it until it has at most so many bytes, or one entry; 0 = as many as there are.
    void cut_front(std::size_t most_bytes);
    /// Whether what follows it was one batch with it.
    [[nodiscard]] bool more_of_front_follows() const;

    /// Where there is a spool, nothing is sent from memory. Whether an entry is late depends on
    /// what came before it, and its tool call on what was known by then; so the verdict is made
    /// durable before anything is sent: no restart can judge it anew.
    [[nodiscard]] bool spools_first() const { return spools_first_; }
    /// Whether a batch of such a stream was sealed since the spool was last tried.
    [[nodiscard]] bool wants_spool() const { return wants_spool_; }
    void spool_tried() { wants_spool_ = false; }
    /// The oldest sealed batch in memory; null when there is none.
    [[nodiscard]] const PendingPush* oldest_sealed() const {
        return queue_.empty() ? nullptr : &queue_.front();
    }
    void drop_oldest_sealed() { queue_.pop_front(); }
    /// Makes one of it and those behind it, as far as they fit together (see Batch), none was tried
    /// and none is in doubt: what waits for long was sealed bit by bit. Parts of one batch stay
    /// apart, and so does what is late: it may have to wait for its time.
    void join_oldest_sealed(std::size_t most_bytes, std::chrono::nanoseconds longest_span);

    /// Of the spool, oldest first. The batch in front may be of the oldest.
    [[nodiscard]] const std::deque<Spool::Segment>& segments() const { return segments_; }
    /// One that this process has just written may be known to be `unsent`.
    void add_segment(Spool::Segment segment, bool unsent = false);
    /// Takes out the oldest.
    [[nodiscard]] Spool::Segment take_segment();
    /// The same for all that the batch in front was of.
    [[nodiscard]] std::vector<Spool::Segment> take_loaded_segments();
    /// Whether that of a place in segments() is known to be unsent.
    [[nodiscard]] bool is_unsent(std::size_t place) const {
        return unsent_.contains(segments_[place].sequence);
    }
    /// Puts what so many of the oldest hold in front: one, or some that are known to be unsent. If
    /// it is not, or is loaded again, it is in doubt.
    void load_segments(SealedBatch batch, std::size_t count);
    /// Frees the memory of that, if all of it is still to be sent: it lies on disk.
    void unload_segments();

    StreamMarks marks;
    StreamTurns turns;
    Unread unread;  ///< the oldest segment
    StoredRows predecessors_rows;

private:
    [[nodiscard]] std::deque<PendingPush>& front_line() {
        return sends_from_memory() ? queue_ : loaded_;
    }

    base::Labels labels_;
    std::string text_;
    std::string asked_as_;
    bool late_;
    std::int64_t hour_end_ns_;
    bool spools_first_;
    bool wants_spool_ = false;
    Batch open_;
    base::SteadyTime opened_at_{};
    Doubt open_doubt_ = Doubt::None;  ///< the greatest of its entries
    std::deque<Spool::Segment> segments_;
    std::unordered_set<std::uint64_t> unsent_;  ///< of those, by sequence
    std::deque<PendingPush> loaded_;  ///< the oldest segments while they are being sent, or parts
    std::size_t loaded_segments_ = 0;
    std::size_t loaded_entries_ = 0;  ///< in those
    std::deque<PendingPush> queue_;
};

}  // namespace exporter
