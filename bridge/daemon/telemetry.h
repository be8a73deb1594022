// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "base/clock.h"
#include "base/result.h"
#include "bridge/console/log.h"
#include "bridge/daemon/health.h"
#include "bridge/daemon/trouble_log.h"
#include "exporter/streams/exporter_events.h"
#include "tailer/files/known_files.h"
#include "tailer/records/record.h"
#include "tailer/toolcalls/toolcall_journal.h"

namespace bridge {

class MetricsServer;

/// Counts what happens as metrics, and has trouble written to the log. All series exist from the
/// start, at zero. The metrics server's thread only reads; everything else runs on the pipeline's
/// thread.
class Telemetry final : public exporter::ExporterEvents {
public:
    Telemetry(const Log& log, const base::Clock& clock, std::string_view version);
    ~Telemetry() override;

    /// Serves GET /metrics on host:port. An Error says why it does not serve yet; it keeps trying.
    [[nodiscard]] base::Result<void> expose(const std::string& address);

    /// Lines read since the start, by what they were.
    struct Lines {
        std::uint64_t allowed = 0;
        std::uint64_t denied = 0;
        std::uint64_t notices = 0;
        std::uint64_t lifecycle = 0;
    };
    void set_lines(const Lines& lines);
    void count_unparsed(std::string_view reason);
    /// A line that cannot be Boundary's.
    void count_suspect(std::string_view reason);
    /// What was skipped in the log folders, and what was done to log files, since the start.
    void set_files(const tailer::SkippedFiles& skipped, const tailer::FileTroubles& troubles);
    /// A hole in a log file; the trail says so as well.
    void count_loss(std::string_view what, std::string_view session, std::string_view lost_bytes);
    /// Entries of a session that were spooled and are lost; the trail says so as well.
    void count_lost(std::string_view session, std::uint64_t entries);
    /// A notice in which Boundary says that its own audit forwarding dropped records.
    void count_boundary_drop();

    struct Gauges {
        std::size_t tracked_files = 0;
        std::size_t open_files = 0;
        std::uint64_t read_bytes = 0;  ///< since the start
        std::uint64_t spool_bytes = 0;
        std::size_t spool_segments = 0;
        std::size_t in_flight_bytes = 0;
        std::size_t in_doubt_entries = 0;
        std::size_t streams = 0;
        std::uint64_t folded_tools = 0;  ///< since the start
    };
    void set(const Gauges& gauges);
    /// Event time of the oldest decision that is not durable yet, or nothing.
    void set_oldest_pending(std::optional<std::int64_t> event_time_ns);
    void set_checkpoint_written();
    /// Records of tool calls read since the start.
    void set_tool_calls(const tailer::ToolCallJournal::Counts& counts);

    /// Logs the main metrics in one line. From any thread.
    void log_state() const;
    [[nodiscard]] Health health() const;

    void on_answer(const exporter::Reply& reply, std::chrono::nanoseconds took) override;
    void on_stored(std::size_t entries, std::size_t bytes) override;
    void on_retry(const exporter::Reply& reply, exporter::Outcome outcome) override;
    void on_limited(const exporter::Reply& reply) override;
    void on_rejected(std::string_view reason, std::string_view detail) override;
    void on_label_folded(std::string_view label) override;
    void on_metadata_refused() override;
    void on_read_back_unavailable(const exporter::Reply& reply) override;
    void on_doubt_waits(const exporter::Reply& reply) override;
    void on_stored_gone(std::string_view stream) override;
    void on_disk_trouble(std::string_view what) override;
    void on_segment_unread(std::string_view cause) override;
    void on_segment_lost(std::string_view cause, std::uint64_t entries) override;

private:
    class Lag;
    [[nodiscard]] std::string metrics_text() const;

    const Log& log_;
    const base::Clock& clock_;
    TroubleLog trouble_;
    std::shared_ptr<prometheus::Registry> registry_;
    std::shared_ptr<Lag> lag_;
    std::unique_ptr<MetricsServer> server_;

    prometheus::Counter& allowed_;
    prometheus::Counter& denied_;
    prometheus::Family<prometheus::Counter>& lines_;
    prometheus::Counter& decision_lines_;
    prometheus::Counter& notice_lines_;
    prometheus::Counter& lifecycle_lines_;
    prometheus::Counter& unparsed_lines_;
    prometheus::Gauge& tracked_files_;
    prometheus::Gauge& open_files_;
    prometheus::Counter& read_bytes_;
    prometheus::Counter& pushed_entries_;
    prometheus::Counter& pushed_bytes_;
    prometheus::Family<prometheus::Counter>& push_requests_;
    prometheus::Histogram& push_duration_;
    prometheus::Counter& push_retries_;
    prometheus::Family<prometheus::Counter>& rejected_;
    prometheus::Counter& lost_entries_;
    prometheus::Gauge& spool_bytes_;
    prometheus::Gauge& spool_segments_;
    prometheus::Gauge& in_flight_bytes_;
    prometheus::Gauge& in_doubt_entries_;
    prometheus::Gauge& checkpoint_timestamp_;
    prometheus::Counter& boundary_dropped_;
    prometheus::Family<prometheus::Counter>& tool_calls_;
    prometheus::Counter& tool_call_starts_;
    prometheus::Counter& tool_call_ends_;
    prometheus::Counter& tool_call_invalid_;

    std::array<prometheus::Counter*, tailer::kSkipReasons> skipped_files_{};  ///< by SkipReason
    prometheus::Family<prometheus::Counter>& tampered_files_;
    prometheus::Counter& truncated_files_;
    prometheus::Counter& rewritten_files_;
    prometheus::Counter& removed_files_;
    prometheus::Family<prometheus::Counter>& suspect_lines_;
    prometheus::Family<prometheus::Counter>& folded_labels_;
    prometheus::Counter& folded_tools_;
    prometheus::Gauge& streams_;

    std::uint64_t stored_entries_ = 0;
    std::uint64_t rejected_entries_ = 0;
    std::uint64_t suspect_lines_seen_ = 0;
};

}  // namespace bridge
