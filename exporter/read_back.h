// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "exporter/batch.h"
#include "exporter/loki_client.h"

namespace exporter {

/// What Loki says of a batch whose push may or may not have been stored.
struct ReadBack {
    enum class State : std::uint8_t {
        Known,        ///< `stored` tells it, slot by slot
        Unavailable,  ///< the server does not let us query
        TryLater,     ///< no answer now
    };
    State state = State::TryLater;
    std::vector<bool> stored;  ///< by slot of the batch
    Reply reply;               ///< the last answer, for the log
};

/// Asks Loki which entries of `batch` it has, by stream, timestamp and line. Log rows, not counts:
/// they are exact where a metric query may count a re-push again.
[[nodiscard]] ReadBack read_back(LokiApi& loki, std::string_view labels, const SealedBatch& batch,
                                 std::chrono::milliseconds timeout);

}  // namespace exporter
