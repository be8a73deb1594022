// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "exporter/disk/dead_letters.h"
#include "exporter/loki/push_outcome.h"
#include "exporter/loki/rejection.h"
#include "exporter/streams/backlog.h"
#include "exporter/streams/exporter_events.h"
#include "exporter/streams/outgoing_streams.h"
#include "exporter/streams/unsettled.h"

namespace exporter {

/// What becomes of a batch that Loki refuses: entries that another stream takes go there, those
/// whose time has yet to come wait for it, and the others go to the dead letters. The rest of the
/// batch stays in line, in doubt, for Loki may have stored what it did not refuse. What was in
/// doubt before goes to no other stream: it may be stored in this one. Not thread-safe.
class RefusalHandler {
public:
    /// Null `dead_letters`: what is refused for good is only counted. All that is given must
    /// outlive this object.
    RefusalHandler(OutgoingStreams& streams, Backlog& backlog, Unsettled& unsettled,
                   DeadLetters* dead_letters, const base::Clock& clock, ExporterEvents& events,
                   std::size_t batch_bytes, std::chrono::nanoseconds late_after)
        : streams_(streams),
          backlog_(backlog),
          unsettled_(unsettled),
          dead_letters_(dead_letters),
          clock_(clock),
          events_(events),
          batch_bytes_(batch_bytes),
          late_after_(late_after) {}

    /// Of the stream's front().
    void handle(OutgoingStream& stream, const Reply& reply);

    /// Moves what would be refused as too far behind what Loki has, and is known not to be stored,
    /// to late streams without having it refused. Whether the batch in front is to be sent now.
    [[nodiscard]] bool move_behind(OutgoingStream& stream);

    /// Gives up the batch in front, which is Barred, where Loki cannot be asked about it.
    void keep_in_doubt(OutgoingStream& stream);

    /// Keeps an entry in the dead letters that is sent to nobody: what waits for its time to come
    /// has its bound. It is not durable before settle_set_aside(). False when the disk takes none.
    [[nodiscard]] bool set_aside(const OutgoingStream& stream, const Entry& entry);
    void settle_set_aside();

    /// Whether this Loki takes no structured metadata, so that pushes have to do without.
    [[nodiscard]] bool metadata_refused() const { return metadata_refused_; }

private:
    [[nodiscard]] Refused refused_part(const SealedBatch& batch, std::string_view reason,
                                       const Reply& reply) const;
    void try_again(OutgoingStream& stream) const;
    void look_at_clock(OutgoingStream& stream, std::string_view reason, const Reply& reply);
    [[nodiscard]] bool will_come_due(const OutgoingStream& stream, const SealedBatch& batch,
                                     std::string_view reason) const;
    void wait_for_time_to_come(OutgoingStream& stream) const;
    void leave_in_front(OutgoingStream& stream, const SealedBatch& rest, Doubt doubt);
    [[nodiscard]] bool make_late(OutgoingStream& stream, const SealedBatch& batch);
    void make_late_in_memory(OutgoingStream& stream, const SealedBatch& batch);
    [[nodiscard]] bool make_late_on_disk(const OutgoingStream& stream, const SealedBatch& batch);
    [[nodiscard]] bool keep_as_dead_letters(const OutgoingStream& stream, const SealedBatch& batch,
                                            std::string_view reason, std::string_view detail);

    OutgoingStreams& streams_;
    Backlog& backlog_;
    Unsettled& unsettled_;
    DeadLetters* dead_letters_;
    const base::Clock& clock_;
    ExporterEvents& events_;
    std::size_t batch_bytes_;
    std::chrono::nanoseconds late_after_;
    std::vector<Ticket> set_aside_;  ///< not synced yet
    bool metadata_refused_ = false;
    std::int64_t furthest_clock_ns_ = INT64_MIN;  ///< the latest that our clock has shown
};

}  // namespace exporter
