// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "exporter/loki/loki_client.h"
#include "exporter/streams/exporter_events.h"
#include "exporter/streams/outgoing_stream.h"

namespace exporter {

/// Asks Loki what it has of a batch that may be stored already, as long as it can be asked: where
/// queries are forbidden, or fail on and on while the server is there, pushes go on without, for a
/// Loki that stores but does not answer must not hold the trail up for ever. Not thread-safe.
class DoubtResolver {
public:
    DoubtResolver(LokiApi& loki, const base::Clock& clock, ExporterEvents& events,
                  std::chrono::milliseconds timeout)
        : loki_(loki),
          clock_(clock),
          events_(events),
          timeout_(timeout),
          started_(clock.steady()) {}

    struct Answer {
        enum class Kind : std::uint8_t {
            Send,      ///< all of it
            TryLater,  ///< after what `reply` says, not now
            Wait,      ///< until `ask_at`: the server may not show yet what it took
            Stored,    ///< `stored` says of each slot whether it is; one at least is
        };
        Kind kind = Kind::Send;
        std::vector<bool> stored;
        Reply reply;
        base::SteadyTime ask_at{};
    };
    /// About the batch in front of the stream's line(), whose doubt it clears when that is known.
    [[nodiscard]] Answer ask(OutgoingStream& stream);

    /// Until somebody mends something, no push is taken either, so what refused a question was not
    /// about questions: a bad token, a proxy's page. It is asked again.
    void push_was_held() { refused_ = false; }

private:
    [[nodiscard]] bool in_vain(const Reply& reply);
    void say_unavailable(const Reply& reply);

    LokiApi& loki_;
    const base::Clock& clock_;
    ExporterEvents& events_;
    std::chrono::milliseconds timeout_;
    base::SteadyTime started_;  ///< no push of a predecessor's is later
    bool refused_ = false;
    std::optional<base::SteadyTime> failing_since_;
    int failures_ = 0;               ///< since then
    bool said_unavailable_ = false;  ///< since the last answer
};

}  // namespace exporter
