// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "exporter/loki/push_outcome.h"

namespace exporter {

/// What is worth knowing of a delivery. The exporter itself logs nothing and counts nothing.
/// Called on the exporter's thread.
class ExporterEvents {
public:
    ExporterEvents() = default;
    ExporterEvents(const ExporterEvents&) = delete;
    ExporterEvents& operator=(const ExporterEvents&) = delete;
    virtual ~ExporterEvents() = default;

    /// Every push request, whatever came of it.
    virtual void on_answer(const Reply& reply, std::chrono::nanoseconds took) = 0;
    /// Loki has these entries; `bytes` is uncompressed.
    virtual void on_stored(std::size_t entries, std::size_t bytes) = 0;
    /// A batch will be sent again.
    virtual void on_retry(const Reply& reply, Outcome outcome) = 0;
    /// The server takes no more for now than a limit of the tenant or the stream allows, of bytes
    /// or of streams. What was refused is sent again.
    virtual void on_limited(const Reply& reply) = 0;
    /// An entry went to the dead letters.
    virtual void on_rejected(std::string_view reason, std::string_view detail) = 0;
    /// An entry was put into a stream that many share, as it would have made one too many: the
    /// value of this label is `other`.
    virtual void on_label_folded(std::string_view label) = 0;
    /// The server takes no structured metadata; from here on it is left out.
    virtual void on_metadata_refused() = 0;
    /// The server does not answer queries, so a doubtful push is simply sent again.
    virtual void on_read_back_unavailable(const Reply& reply) = 0;
    /// Entries that Loki may have and takes no more wait until it answers a query: they are neither
    /// sent nor given up. Told at each try.
    virtual void on_doubt_waits(const Reply& reply) = 0;
    /// Loki shows nothing of what it had stored of a stream not long ago. Told once.
    virtual void on_stored_gone(std::string_view stream) = 0;
    /// A batch could not be kept on disk (spool or dead letters); it stays in memory.
    virtual void on_disk_trouble(std::string_view what) = 0;
    /// A segment of the spool cannot be read now, and is tried again. Told at each try.
    virtual void on_segment_unread(std::string_view cause) = 0;
    /// A segment of the spool is damaged, unreadable or gone; its entries have to be read from the
    /// logs again.
    virtual void on_segment_lost(std::string_view cause, std::uint64_t entries) = 0;
};

}  // namespace exporter
