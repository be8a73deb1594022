// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "exporter/loki/loki_client.h"
#include "exporter/streams/exporter_events.h"
#include "exporter/streams/first_look.h"
#include "exporter/streams/outgoing_stream.h"
#include "exporter/streams/retry_timer.h"

namespace exporter {

/// Asks Loki what it has of a batch that may be stored already, as long as it can be asked: where
/// queries are forbidden, or fail on and on while the server is there, pushes go on without, for a
/// Loki that stores but does not answer must not hold the trail up for ever. They go to the very
/// same stream, where a second one makes no second row; what that takes no more waits for an
/// answer, or for the dead letters where queries are forbidden.
///
/// A push can land after its sender has given up or was killed, so a batch is asked for only once
/// none can be under way. How long that takes is not told by anybody: twice the slowest push that
/// was answered lately, `least_landing` at least and the push's time-out at most. Not thread-safe.
class DoubtResolver {
public:
    DoubtResolver(LokiApi& loki, const base::Clock& clock, ExporterEvents& events,
                  std::chrono::milliseconds timeout, std::chrono::milliseconds least_landing,
                  std::uint64_t jitter_seed)
        : loki_(loki),
          clock_(clock),
          events_(events),
          timeout_(timeout),
          least_landing_(least_landing),
          predecessor_landed_by_(clock.steady()),
          retry_(jitter_seed) {}

    struct Answer {
        enum class Kind : std::uint8_t {
            Send,      ///< all of it
            TryLater,  ///< after what `reply` says, not now
            Wait,      ///< until `ask_at`: a push may be under way, or stored and not shown yet
            Stored,    ///< `stored` says of each slot whether it is; one at least is
            Never,     ///< it is Barred, and queries are forbidden
        };
        Kind kind = Kind::Send;
        std::vector<bool> stored;
        Reply reply;
        base::SteadyTime ask_at{};
    };
    /// About the stream's front(), whose doubt it clears when that is known.
    [[nodiscard]] Answer ask(OutgoingStream& stream);

    /// Whether a question has failed, and it is not time for the next one.
    [[nodiscard]] bool fails() const { return clock_.steady() < retry_.next_try(); }

    /// A push was answered after `took`.
    void push_answered(std::chrono::nanoseconds took);
    /// One to this stream was not, or not clearly.
    void push_lost(OutgoingStream& stream) const;
    /// Of an earlier process and what it has pushed: see FirstLook.
    void nothing_is_known(const OutgoingStreams& streams) {
        first_look_.emplace(loki_, clock_, timeout_, streams);
    }
    /// An earlier process ended, just now for all that is known, with a push under way.
    void predecessor_lost() { predecessor_landed_by_ = clock_.steady() + landing_time(); }

    /// Until somebody mends something, no push is taken either, so what refused a question was not
    /// about questions: a bad token, a proxy's page. It is asked again.
    void push_was_held() { refused_ = false; }

private:
    [[nodiscard]] std::chrono::nanoseconds landing_time() const;
    [[nodiscard]] bool looks(const OutgoingStream& stream) const {
        return stream.front().doubt == Doubt::Predecessor && first_look_ && first_look_->is_open();
    }
    [[nodiscard]] bool in_vain(const OutgoingStream& stream) const;
    [[nodiscard]] Answer failed(const OutgoingStream& stream, base::SteadyTime asked, Reply reply);
    void forget_failures();
    void say_unavailable(const Reply& reply);
    void look_for_stored(OutgoingStream& stream);

    LokiApi& loki_;
    const base::Clock& clock_;
    ExporterEvents& events_;
    std::chrono::milliseconds timeout_;
    std::chrono::milliseconds least_landing_;
    std::chrono::nanoseconds slowest_push_{0};  ///< lately
    base::SteadyTime predecessor_landed_by_;
    std::optional<FirstLook> first_look_;
    bool refused_ = false;
    /// One question fails for all: a Loki that is short of time would be asked by each stream of
    /// each daemon, and have none for any.
    RetryTimer retry_;
    std::optional<base::SteadyTime> failing_since_;
    int failures_ = 0;                                    ///< since then
    std::set<std::string, std::less<>> failing_streams_;  ///< that were asked about then
    bool said_unavailable_ = false;                       ///< since the last answer
    base::SteadyTime look_at_{};                          ///< for what was stored, at the earliest
    bool said_gone_ = false;
};

}  // namespace exporter
