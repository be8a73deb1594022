// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

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

/// A batch in line, in memory.
struct PendingPush {
    SealedBatch batch;
    Doubt doubt = Doubt::None;
    int failures = 0;
    base::SteadyTime gathered_at{};  ///< its first entry
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

/// What waits to be pushed to one stream, oldest first: the spool's segments, then the sealed
/// batches in memory, then the batch that still grows.
struct OutgoingStream {
    static constexpr std::int64_t kNone = INT64_MIN;

    OutgoingStream(base::Labels its_labels, std::uint64_t bytes_per_second, std::uint64_t seed);

    /// Where the next batch to send stands: the parts of a loaded segment go first.
    [[nodiscard]] std::deque<PendingPush>& line() {
        return sends_from_memory() ? queue : unspooled;
    }
    /// Whether there is something to send; a segment only up to `covered_sequence`.
    [[nodiscard]] bool may_send(std::uint64_t covered_sequence) const;
    [[nodiscard]] bool empty() const {
        return open.empty() && queue.empty() && spooled.empty() && unspooled.empty();
    }
    /// Of what is in no segment.
    [[nodiscard]] std::size_t bytes_in_memory() const;
    [[nodiscard]] std::uint64_t bytes_on_disk() const;
    /// Since when an entry waits that is in no segment: its timestamp, or when it was gathered if
    /// that was earlier. `now` in both clocks.
    [[nodiscard]] std::optional<std::int64_t> waits_since_ns(std::int64_t wall_ns,
                                                             base::SteadyTime steady) const;
    /// Timestamp of the oldest entry in memory that is in no segment.
    [[nodiscard]] std::optional<std::int64_t> oldest_unsettled_ns() const;

    /// Whether line() is of the queue: what is of a segment was settled when that was written.
    [[nodiscard]] bool sends_from_memory() const { return unspooled.empty(); }

    /// Adds to the growing batch, and gives the bytes that it grew by.
    std::size_t gather(const Entry& entry, const base::Clock& clock);
    /// Moves the growing batch to the end of the queue.
    void seal();
    /// Cuts the batch in front into halves.
    void split_front();
    /// Cuts it until it has at most so many bytes, or one entry; 0 = as many as there are.
    void cut_front(std::size_t most_bytes);
    /// Lets the next try wait, longer each time.
    void postpone(const base::Clock& clock) { not_before = clock.steady() + backoff.next(); }

    base::Labels labels;
    std::string text;  ///< the labels as Loki wants them
    /// The same without `late`: as a selector it finds this stream and all its siblings. An entry
    /// that is late now may not have been so when a killed process sent it.
    std::string asked_as;
    bool late = false;                 ///< a sibling for entries behind the window
    std::int64_t hour_end_ns = kNone;  ///< of a late one
    /// Where there is a spool, nothing is sent from memory. Whether an entry is late depends on
    /// what came before it, and its tool call on what was known by then; so the verdict is made
    /// durable before anything is sent: no restart can judge it anew.
    bool spool_first = false;
    bool to_spool = false;  ///< of those, and sealed since the spool was last tried
    Batch open;
    base::SteadyTime opened_at{};
    Doubt open_doubt = Doubt::None;  ///< the greatest of its entries
    std::deque<Spool::Segment> spooled;
    Unread unread;                      ///< the oldest of them
    std::deque<PendingPush> unspooled;  ///< the oldest segment while it is being sent, or its parts
    std::deque<PendingPush> queue;
    std::int64_t newest_added_ns = kNone;
    std::int64_t newest_settled_ns = kNone;
    std::int64_t newest_stored_ns = kNone;  ///< that Loki has, for all we know
    Backoff backoff;
    StreamPace pace;
    LimitedPace limited;  ///< by a limit of the server's on this stream
    base::SteadyTime not_before{};
    /// Until then a push of unknown outcome may still be on its way to Loki.
    base::SteadyTime landed_by{};
    std::uint64_t last_turn = 0;  ///< when it was last sent from, in turns of all streams
    std::optional<base::SteadyTime> failing_since;
    StoredRows predecessors_rows;
};

}  // namespace exporter
