// SPDX-License-Identifier: MIT
#pragma once

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
#include "exporter/streams/unsettled.h"

namespace exporter {

/// Brings the batch in front of a stream to Loki: asks about it first where it may be stored
/// already, pushes it, and does what the answer asks for. Not thread-safe.
class Delivery {
public:
    /// All that is given must outlive this object.
    Delivery(const ExportSettings& settings, LokiApi& loki, const base::Clock& clock,
             ExporterEvents& events, Backlog& backlog, Unsettled& unsettled,
             RefusalHandler& refusals, DoubtResolver& doubts, LeadLimit& lead_limit)
        : settings_(settings),
          loki_(loki),
          clock_(clock),
          events_(events),
          backlog_(backlog),
          unsettled_(unsettled),
          refusals_(refusals),
          doubts_(doubts),
          lead_limit_(lead_limit) {}

    /// False when Loki fails, so that the stream may have to be spooled.
    [[nodiscard]] bool send(OutgoingStream& stream);

    /// When any stream may push again, by what Loki has said of its limits.
    [[nodiscard]] base::SteadyTime next_push() const { return tenant_pace_.next_push(); }

private:
    [[nodiscard]] bool take_out(OutgoingStream& stream, const std::vector<bool>& stored);
    [[nodiscard]] Reply push(OutgoingStream& stream);
    [[nodiscard]] bool handle(OutgoingStream& stream, const Reply& reply);
    void stored(OutgoingStream& stream);
    [[nodiscard]] bool retry(OutgoingStream& stream, const Reply& reply, Outcome outcome);
    [[nodiscard]] bool slow_down(OutgoingStream& stream, const Reply& reply,
                                 const ToldLimit& limit);
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
    LimitedPace tenant_pace_;
    LeadLimit& lead_limit_;
};

}  // namespace exporter
