// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "exporter/loki/loki_client.h"
#include "exporter/streams/outgoing_streams.h"

namespace exporter {

/// Whether Loki has anything of a workspace at all. At a first start nobody knows of a predecessor,
/// so all that is in the logs may have been pushed; mostly nothing was, and one question tells so
/// for all streams. Not thread-safe.
class FirstLook {
public:
    /// What is given by reference must outlive this object.
    FirstLook(LokiApi& loki, const base::Clock& clock, std::chrono::milliseconds timeout,
              const OutgoingStreams& streams)
        : loki_(loki), clock_(clock), timeout_(timeout), streams_(streams) {}

    /// Whether Loki has nothing of the workspace from where the batch in front of the stream begins
    /// to where it ends. The first call asks, from the oldest entry that waits in any stream up to
    /// what may be stamped now.
    [[nodiscard]] bool finds_nothing_of(const OutgoingStream& stream);

private:
    LokiApi& loki_;
    const base::Clock& clock_;
    std::chrono::milliseconds timeout_;
    const OutgoingStreams& streams_;
    bool asked_ = false;
    // Loki has nothing in there.
    std::int64_t start_ns_ = 0;
    std::int64_t end_ns_ = 0;
};

}  // namespace exporter
