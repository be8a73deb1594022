// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/labels.h"

namespace exporter {

struct ExportSettings {
    std::size_t batch_bytes = 256U << 10U;  ///< uncompressed; the server's head block is as large
    std::chrono::milliseconds batch_wait{1'000};
    std::uint64_t stream_rate = 1U << 20U;  ///< bytes a second a stream, 0 = no limit
    std::chrono::milliseconds push_timeout{10'000};
    /// How long a push of unknown outcome may at least be on its way: see DoubtResolver.
    std::chrono::milliseconds least_landing{3'000};
    /// A stream that fails this long has its batches moved to the spool.
    std::chrono::milliseconds spool_after{5'000};
    /// An entry this far behind its stream's newest goes to a `late` stream. Loki's window is one
    /// hour; the margin covers the disorder within what is read at a time.
    std::chrono::nanoseconds late_after{std::chrono::minutes(45)};
    std::size_t longest_line = 256U << 10U;  ///< Loki's default max_line_size
    /// What may wait, on disk and in memory, for its time to come; the rest is set aside.
    std::uint64_t most_bytes_ahead = 8U << 20U;
    /// `late` streams of their own hour; what would make one more goes to `late="other"`. Stamps
    /// are up to whoever writes to the log folder, and streams are dear.
    std::size_t most_late_streams = 512;
    /// Who we are, as stream labels. What waits in the spool under other values of these was put
    /// there by another daemon, or by nobody that we know: it is not sent. Empty = all is.
    base::Labels own_labels;
    /// Names of metadata that may come out otherwise when an entry is read again. An entry is known
    /// again in the spool by its timestamp and its other metadata.
    std::vector<std::string> unstable_metadata;
};

}  // namespace exporter
