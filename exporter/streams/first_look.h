// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "exporter/loki/loki_client.h"
#include "exporter/streams/outgoing_streams.h"

namespace exporter {

/// Whether Loki has anything of a workspace at all. Where nothing is known of an earlier process,
/// all that is in the logs may have been pushed; mostly nothing was, and one question tells so for
/// all streams. Not thread-safe.
class FirstLook {
public:
    /// What is given by reference must outlive this object.
    FirstLook(LokiApi& loki, const base::Clock& clock, std::chrono::milliseconds timeout,
              const OutgoingStreams& streams)
        : loki_(loki), clock_(clock), timeout_(timeout), streams_(streams) {}

    /// Whether Loki has nothing of the stream's workspace from where the batch in front of it
    /// begins to where it ends. Asks at the first call, and at some more if there is no answer,
    /// from the oldest entry that waits in any stream up to what may be stamped now. Streams of
    /// another workspace, as letters may be of, are not told of.
    [[nodiscard]] bool finds_nothing_of(const OutgoingStream& stream);

private:
    LokiApi& loki_;
    const base::Clock& clock_;
    std::chrono::milliseconds timeout_;
    const OutgoingStreams& streams_;
    int tries_left_ = 3;
    // Loki has nothing in there.
    std::string labels_;
    std::int64_t start_ns_ = 0;
    std::int64_t end_ns_ = 0;
};

}  // namespace exporter
