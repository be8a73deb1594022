// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
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

    /// Whether an answer is still to come. ask() asks about all that waits in any stream, up to
    /// what may be stamped now, and gives the answer if that is worth another try later.
    [[nodiscard]] bool is_open() const { return open_; }
    [[nodiscard]] std::optional<Reply> ask(const OutgoingStream& stream);
    /// It asks for more than any batch does, perhaps for more than Loki can answer in time.
    void give_up() { open_ = false; }

    /// Whether Loki has nothing of the stream's workspace from where the batch in front of it
    /// begins to where it ends. Streams of another workspace, as letters may be of, are not told
    /// of.
    [[nodiscard]] bool found_nothing_of(const OutgoingStream& stream) const;

private:
    LokiApi& loki_;
    const base::Clock& clock_;
    std::chrono::milliseconds timeout_;
    const OutgoingStreams& streams_;
    bool open_ = true;
    // Loki has nothing in there.
    std::string labels_;
    std::int64_t start_ns_ = 0;
    std::int64_t end_ns_ = 0;
};

}  // namespace exporter
