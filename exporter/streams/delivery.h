// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "exporter/loki/loki_client.h"
#include "exporter/loki/push_outcome.h"
#include "exporter/loki/push_request.h"
#include "exporter/streams/backlog.h"
#include "exporter/streams/doubt_resolver.h"
#include "exporter/streams/export_settings.h"
#include "exporter/streams/exporter_events.h"
#include "exporter/streams/lead_limit.h"
#include "exporter/streams/limited_pace.h"
#include "exporter/streams/refusal_handler.h"
#include "exporter/streams/retry_timer.h"
#include "exporter/streams/room_for_streams.h"
#include "exporter/streams/unsettled.h"

namespace exporter {

/// Brings the batch in front of a stream to Loki: asks about it first where it may be stored
/// already, pushes it, and does what the answer asks for. Not thread-safe.
class Delivery {
public:
    /// All that is given must outlive this object.
    Delivery(const ExportSettings& settings, LokiApi& loki, const base::Clock& clock,
             ExporterEvents& events, Backlog& backlog, Unsettled& unsettled,
             RefusalHandler& refusals, DoubtResolver& doubts, LeadLimit& lead_limit,
             std::uint64_t jitter_seed)
        : settings_(settings),
          loki_(loki),
          clock_(clock),
          events_(events),
          backlog_(backlog),
          unsettled_(unsettled),
          refusals_(refusals),
          doubts_(doubts),
          lead_limit_(lead_limit),
          tenant_retry_(jitter_seed),
          room_(jitter_seed + 1) {}

    /// False when Loki fails, so that the stream may have to be spooled.
    [[nodiscard]] bool send(OutgoingStream& stream);

    /// When the stream may push next; the past = now.
    [[nodiscard]] base::SteadyTime next_push(const OutgoingStream& stream) const;
    /// What one push to it may hold at most, in bytes, by a limit that Loki named; 0 = as much as
    /// there is.
    [[nodiscard]] std::size_t largest_push(const OutgoingStream& stream) const;
    /// Whether it waits for what another stream's try may show: the tenant's limits.
    [[nodiscard]] bool is_limited(const OutgoingStream& stream) const;

private:
    [[nodiscard]] bool take_out(OutgoingStream& stream, const std::vector<bool>& stored);
    [[nodiscard]] Reply push(OutgoingStream& stream);
    [[nodiscard]] bool handle(OutgoingStream& stream, const Reply& reply);
    void stored(OutgoingStream& stream);
    [[nodiscard]] bool retry(OutgoingStream& stream, const Reply& reply, Outcome outcome);
    [[nodiscard]] bool slow_down(OutgoingStream& stream, const Reply& reply,
                                 const ToldLimit& limit);
    void wait_for_room(OutgoingStream& stream, const Reply& reply);
    void found_room(OutgoingStream& stream);
    void settle(const OutgoingStream& stream, const SealedBatch& batch);
    void note_stored(OutgoingStream& stream, const SealedBatch& batch);

    const ExportSettings& settings_;
    LokiApi& loki_;
    const base::Clock& clock_;
    ExporterEvents& events_;
    Backlog& backlog_;
    Unsettled& unsettled_;
    RefusalHandler& refusals_;
    DoubtResolver& doubts_;
    PushBody push_body_;
    LeadLimit& lead_limit_;
    LimitedPace tenant_pace_;
    RetryTimer tenant_retry_;  ///< of a limit on what the tenant's daemons push together
    RoomForStreams room_;
};

}  // namespace exporter
