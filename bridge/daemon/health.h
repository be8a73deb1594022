// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bridge {

/// How a daemon is doing: current values, and totals since it started.
struct Health {
    double lag_seconds = 0;  ///< age of the oldest decision that is not durable yet
    std::uint64_t spool_bytes = 0;
    std::uint64_t in_doubt = 0;  ///< entries that wait until Loki says whether it has them
    std::uint64_t tracked_files = 0;

    struct Totals {
        std::uint64_t allowed = 0;
        std::uint64_t denied = 0;
        std::uint64_t pushed = 0;
        std::uint64_t unparsed = 0;
        std::uint64_t rejected = 0;
        std::uint64_t skipped = 0;   ///< files named like a log that are not read
        std::uint64_t tampered = 0;  ///< log files truncated, rewritten or removed
        std::uint64_t suspect = 0;
        std::uint64_t lost = 0;           ///< entries, with a segment of the spool
        std::uint64_t audit_dropped = 0;  ///< by Boundary, on the way to coderd
    };
    Totals totals;
};

}  // namespace bridge
