// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "exporter/loki/batch.h"
#include "exporter/loki/loki_client.h"

namespace exporter {

/// What Loki was seen to hold of one stream within one span of time: spares a second question about
/// the same span. Good only for what this process has not pushed since.
struct StoredRows {
    std::int64_t start_ns = 0;
    std::int64_t end_ns = 0;                 ///< exclusive
    std::unordered_set<std::size_t> hashes;  ///< of each row, and of its line alone
};

/// What Loki says of a batch whose push may or may not have been stored.
struct ReadBack {
    enum class State : std::uint8_t {
        Known,        ///< `stored` tells it, slot by slot
        Unavailable,  ///< the server does not let us query
        TryLater,     ///< no answer now, or none that can be used: `reply` says it
    };
    State state = State::TryLater;
    std::vector<bool> stored;  ///< by slot of the batch
    Reply reply;               ///< the last answer, for the log
};

/// Of one call of read_back().
inline constexpr std::size_t kMostPages = 200;
inline constexpr std::size_t kMostBytes = 256U << 20U;

/// Tells entries of a stream apart.
[[nodiscard]] std::size_t entry_hash(std::int64_t timestamp_ns, std::string_view line);

/// Asks Loki which entries of `batch` it has. One with the metadata `seq` is known by its line, for
/// no other has the same; so a server may have stored it under another timestamp. Any other is
/// known by timestamp and line. Log rows, not counts: they are exact where a metric query may count
/// a re-push again. With `known`, only what that does not cover is asked for, and added to it.
///
/// Whatever the server answers, it ends: each page has to go on behind the last one, and what one
/// call takes is bounded (kMostPages, kMostBytes). With `known`, the next call goes on there.
[[nodiscard]] ReadBack read_back(LokiApi& loki, std::string_view labels, const SealedBatch& batch,
                                 std::chrono::milliseconds timeout, StoredRows* known = nullptr);

/// Whether Loki shows anything of a stream in a span of time.
struct Glimpse {
    ReadBack::State state = ReadBack::State::TryLater;
    bool any = false;  ///< if Known
    Reply reply;
};
[[nodiscard]] Glimpse glimpse(LokiApi& loki, std::string_view labels, std::int64_t start_ns,
                              std::int64_t end_ns, std::chrono::milliseconds timeout);

}  // namespace exporter
