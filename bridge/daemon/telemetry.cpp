// SPDX-License-Identifier: MIT
#include "bridge/daemon/telemetry.h"

#include <limits>

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include "bridge/console/answer_text.h"
#include "bridge/daemon/metrics_server.h"

namespace bridge {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

constexpr std::int64_t kNothingPending = std::numeric_limits<std::int64_t>::max();

prometheus::Counter& counter(prometheus::Registry& registry, const std::string& name,
                             const std::string& help) {
    return BuildCounter().Name("boundary_loki_" + name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const std::string& name,
                         const std::string& help) {
    return BuildGauge().Name("boundary_loki_" + name).Help(help).Register(registry).Add({});
}

prometheus::Family<prometheus::Counter>& family(prometheus::Registry& registry,
                                                const std::string& name, const std::string& help) {
    return BuildCounter().Name("boundary_loki_" + name).Help(help).Register(registry);
}

std::string whole(double value) { return std::to_string(static_cast<std::uint64_t>(value)); }

/// A counter whose total is kept elsewhere.
void raise(prometheus::Counter& counter, std::uint64_t total) {
    counter.Increment(static_cast<double>(total) - counter.Value());
}

}  // namespace

/// Computed when it is scraped: a daemon that hangs in a request still shows its lag growing.
class Telemetry::Lag final : public prometheus::Collectable {
public:
    explicit Lag(const base::Clock& clock) : clock_(clock) {}

    void set(std::int64_t oldest_ns) { oldest_ns_ = oldest_ns; }

    [[nodiscard]] double seconds() const {
        const std::int64_t oldest_ns = oldest_ns_;
        const std::int64_t now_ns = clock_.wall_ns();
        return oldest_ns == kNothingPending || oldest_ns > now_ns
                   ? 0.0
                   : static_cast<double>(now_ns) / 1e9 - static_cast<double>(oldest_ns) / 1e9;
    }

    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
        prometheus::ClientMetric metric;
        metric.gauge.value = seconds();
        prometheus::MetricFamily lag;
        lag.name = "boundary_loki_lag_seconds";
        lag.help = "Age of the oldest decision not yet durable.";
        lag.type = prometheus::MetricType::Gauge;
        lag.metric.push_back(metric);
        return {lag};
    }

private:
    const base::Clock& clock_;
    std::atomic<std::int64_t> oldest_ns_ = kNothingPending;
};

Telemetry::Telemetry(const Log& log, const base::Clock& clock, std::string_view version)
    : log_(log),
      clock_(clock),
      trouble_(log, clock),
      registry_(std::make_shared<prometheus::Registry>()),
      lag_(std::make_shared<Lag>(clock)),
      allowed_(family(*registry_, "decisions_total", "Decisions read, by decision.")
                   .Add({{"decision", "allow"}})),
      denied_(family(*registry_, "decisions_total", "Decisions read, by decision.")
                  .Add({{"decision", "deny"}})),
      lines_(family(*registry_, "lines_total", "Lines read, by what they were.")),
      decision_lines_(lines_.Add({{"kind", "decision"}})),
      notice_lines_(lines_.Add({{"kind", "notice"}})),
      lifecycle_lines_(lines_.Add({{"kind", "lifecycle"}})),
      unparsed_lines_(lines_.Add({{"kind", "unparsed"}})),
      tracked_files_(gauge(*registry_, "tracked_files", "Log files known.")),
      open_files_(gauge(*registry_, "open_files", "Log files open.")),
      read_bytes_(counter(*registry_, "read_bytes_total", "Bytes read from log files.")),
      pushed_entries_(counter(*registry_, "pushed_entries_total", "Entries stored by Loki.")),
      pushed_bytes_(counter(*registry_, "pushed_bytes_total",
                            "Uncompressed bytes of the entries stored by Loki.")),
      push_requests_(family(*registry_, "push_requests_total",
                            "Push requests, by HTTP status code or error.")),
      push_duration_(
          BuildHistogram()
              .Name("boundary_loki_push_duration_seconds")
              .Help("Time from sending a push request to its answer.")
              .Register(*registry_)
              .Add({}, prometheus::Histogram::BucketBoundaries{0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                               0.5, 1, 2.5, 5, 10})),
      push_retries_(counter(*registry_, "push_retries_total", "Pushes to be tried again.")),
      rejected_(family(*registry_, "rejected_entries_total",
                       "Entries that Loki refuses for good, by reason.")),
      lost_entries_(counter(*registry_, "lost_entries_total",
                            "Entries lost with a segment of the spool whose log is gone.")),
      spool_bytes_(gauge(*registry_, "spool_bytes", "Bytes on disk that wait for Loki.")),
      spool_segments_(gauge(*registry_, "spool_segments", "Batches on disk that wait for Loki.")),
      in_flight_bytes_(gauge(*registry_, "in_flight_bytes", "Bytes in memory, not durable yet.")),
      in_doubt_entries_(gauge(*registry_, "in_doubt_entries",
                              "Entries that wait until Loki says whether it has them.")),
      checkpoint_timestamp_(gauge(*registry_, "checkpoint_timestamp_seconds",
                                  "When the checkpoint was last written.")),
      boundary_dropped_(counter(*registry_, "boundary_audit_dropped_total",
                                "Drops of audit records that Boundary itself reported.")),
      tool_calls_(family(*registry_, "toolcall_records_total",
                         "Lines read from the journal of tool calls, by what they were.")),
      tool_call_starts_(tool_calls_.Add({{"kind", "start"}})),
      tool_call_ends_(tool_calls_.Add({{"kind", "end"}})),
      tool_call_invalid_(tool_calls_.Add({{"kind", "invalid"}})),
      tampered_files_(family(*registry_, "tampered_files_total",
                             "Log files changed as no writer of a log does, by what was done.")),
      truncated_files_(tampered_files_.Add({{"kind", "truncated"}})),
      rewritten_files_(tampered_files_.Add({{"kind", "rewritten"}})),
      removed_files_(tampered_files_.Add({{"kind", "removed"}})),
      suspect_lines_(family(*registry_, "suspect_lines_total",
                            "Verdicts that Boundary cannot have written, by reason.")),
      folded_labels_(family(*registry_, "folded_labels_total",
                            "Entries in a stream that many share, by label.")),
      folded_tools_(folded_labels_.Add({{"label", "tool"}})),
      streams_(gauge(*registry_, "streams", "Streams made since the start.")) {
    for (const char* code : {"204", "400", "401", "403", "404", "429", "500", "503", "error"}) {
        push_requests_.Add({{"code", code}});
    }
    for (const std::string_view reason : exporter::kRejectionReasons) {
        rejected_.Add({{"reason", std::string(reason)}});
    }
    for (const std::string_view reason : tailer::kSuspectReasons) {
        suspect_lines_.Add({{"reason", std::string(reason)}});
    }
    folded_labels_.Add({{"label", "late"}});
    auto& skipped = family(*registry_, "skipped_files_total",
                           "What lies in the log folders and is not read, by reason.");
    for (std::size_t i = 0; i < tailer::kSkipReasons; ++i) {
        const auto reason = static_cast<tailer::SkipReason>(i);
        skipped_files_[i] = &skipped.Add({{"reason", std::string(name_of(reason))}});
    }
    BuildGauge()
        .Name("boundary_loki_build_info")
        .Help("Always 1; the version is the label.")
        .Register(*registry_)
        .Add({{"version", std::string(version)}})
        .Set(1);
}

Telemetry::~Telemetry() = default;

base::Result<void> Telemetry::expose(const std::string& address) {
    server_ = std::make_unique<MetricsServer>(
        address, MetricsServer::Owner{
                     .metrics = [this] { return metrics_text(); },
                     .failed =
                         [this](const std::string& cause) {
                             log_.warn("no metrics for now; trying again", {{"cause", cause}});
                         },
                     .serves =
                         [this, address] {
                             log_.info("metrics are served", {{"address", address}});
                         },
                 });
    return server_->start();
}

std::string Telemetry::metrics_text() const {
    auto families = registry_->Collect();
    for (auto& family : lag_->Collect()) {
        families.push_back(std::move(family));
    }
    return prometheus::TextSerializer().Serialize(families);
}

void Telemetry::set_lines(const Lines& lines) {
    raise(allowed_, lines.allowed);
    raise(denied_, lines.denied);
    raise(decision_lines_, lines.allowed + lines.denied);
    raise(notice_lines_, lines.notices);
    raise(lifecycle_lines_, lines.lifecycle);
}

void Telemetry::count_unparsed(std::string_view reason) {
    unparsed_lines_.Increment();
    trouble_.unparsed(reason);
}

void Telemetry::count_boundary_drop() { boundary_dropped_.Increment(); }

void Telemetry::set(const Gauges& gauges) {
    tracked_files_.Set(static_cast<double>(gauges.tracked_files));
    open_files_.Set(static_cast<double>(gauges.open_files));
    read_bytes_.Increment(static_cast<double>(gauges.read_bytes) - read_bytes_.Value());
    spool_bytes_.Set(static_cast<double>(gauges.spool_bytes));
    spool_segments_.Set(static_cast<double>(gauges.spool_segments));
    in_flight_bytes_.Set(static_cast<double>(gauges.in_flight_bytes));
    in_doubt_entries_.Set(static_cast<double>(gauges.in_doubt_entries));
    streams_.Set(static_cast<double>(gauges.streams));
    raise(folded_tools_, gauges.folded_tools);
    trouble_.remind();
}

void Telemetry::set_files(const tailer::SkippedFiles& skipped,
                          const tailer::FileTroubles& troubles) {
    for (std::size_t i = 0; i < tailer::kSkipReasons; ++i) {
        raise(*skipped_files_[i], skipped.count(static_cast<tailer::SkipReason>(i)));
    }
    raise(truncated_files_, troubles.truncated);
    raise(rewritten_files_, troubles.rewritten);
    raise(removed_files_, troubles.removed);
    trouble_.tampered(troubles);
}

void Telemetry::count_loss(std::string_view what, std::string_view session,
                           std::string_view lost_bytes) {
    trouble_.lost(what, session, lost_bytes);
}

void Telemetry::count_lost(std::string_view session, std::uint64_t entries) {
    lost_entries_.Increment(static_cast<double>(entries));
    trouble_.entries_lost(session, entries);
}

void Telemetry::count_suspect(std::string_view reason) {
    suspect_lines_.Add({{"reason", std::string(reason)}}).Increment();
    ++suspect_lines_seen_;
    trouble_.suspect(reason);
}

void Telemetry::set_oldest_pending(std::optional<std::int64_t> event_time_ns) {
    lag_->set(event_time_ns.value_or(kNothingPending));
}

void Telemetry::set_tool_calls(const tailer::ToolCallJournal::Counts& counts) {
    raise(tool_call_starts_, counts.starts);
    raise(tool_call_ends_, counts.ends);
    raise(tool_call_invalid_, counts.invalid);
}

void Telemetry::set_checkpoint_written() {
    checkpoint_timestamp_.Set(static_cast<double>(clock_.wall_ns()) / 1e9);
}

void Telemetry::on_answer(const exporter::Reply& reply, std::chrono::nanoseconds took) {
    push_requests_.Add({{"code", code_of(reply)}}).Increment();
    push_duration_.Observe(std::chrono::duration<double>(took).count());
    trouble_.answered(reply);
}

void Telemetry::on_stored(std::size_t entries, std::size_t bytes) {
    pushed_entries_.Increment(static_cast<double>(entries));
    pushed_bytes_.Increment(static_cast<double>(bytes));
    stored_entries_ += entries;
    trouble_.stored(static_cast<std::uint64_t>(spool_bytes_.Value()),
                    static_cast<std::uint64_t>(spool_segments_.Value()));
}

void Telemetry::on_retry(const exporter::Reply& reply, exporter::Outcome outcome) {
    push_retries_.Increment();
    trouble_.retried(reply, outcome);
}

void Telemetry::on_limited(const exporter::Reply& reply) {
    push_retries_.Increment();
    trouble_.limited(reply);
}

void Telemetry::on_rejected(std::string_view reason, std::string_view detail) {
    rejected_.Add({{"reason", std::string(reason)}}).Increment();
    ++rejected_entries_;
    trouble_.rejected(reason, detail);
}

void Telemetry::on_label_folded(std::string_view label) {
    folded_labels_.Add({{"label", std::string(label)}}).Increment();
}

void Telemetry::log_state() const {
    // Counters and gauges may be read from any thread.
    log_.info("state", {{"allowed", whole(allowed_.Value())},
                        {"denied", whole(denied_.Value())},
                        {"notices", whole(notice_lines_.Value())},
                        {"lifecycle", whole(lifecycle_lines_.Value())},
                        {"unparsed", whole(unparsed_lines_.Value())},
                        {"pushed", whole(pushed_entries_.Value())},
                        {"retries", whole(push_retries_.Value())},
                        {"lag_seconds", whole(lag_->seconds())},
                        {"in_flight_bytes", whole(in_flight_bytes_.Value())},
                        {"spooled_bytes", whole(spool_bytes_.Value())},
                        {"spooled_batches", whole(spool_segments_.Value())},
                        {"tracked_files", whole(tracked_files_.Value())},
                        {"open_files", whole(open_files_.Value())}});
}

Health Telemetry::health() const {
    const auto total = [](const prometheus::Counter& counter) {
        return static_cast<std::uint64_t>(counter.Value());
    };
    Health health;
    health.lag_seconds = lag_->seconds();
    health.spool_bytes = static_cast<std::uint64_t>(spool_bytes_.Value());
    health.in_doubt = static_cast<std::uint64_t>(in_doubt_entries_.Value());
    health.tracked_files = static_cast<std::uint64_t>(tracked_files_.Value());
    health.totals.allowed = total(allowed_);
    health.totals.denied = total(denied_);
    health.totals.pushed = stored_entries_;
    health.totals.unparsed = total(unparsed_lines_);
    health.totals.rejected = rejected_entries_;
    health.totals.tampered =
        total(truncated_files_) + total(rewritten_files_) + total(removed_files_);
    health.totals.audit_dropped = total(boundary_dropped_);
    for (std::size_t i = 0; i < tailer::kSkipReasons; ++i) {
        // What is not named as a log is nobody's loss: the journal of tool calls is there, too.
        if (static_cast<tailer::SkipReason>(i) != tailer::SkipReason::Name) {
            health.totals.skipped += total(*skipped_files_[i]);
        }
    }
    health.totals.suspect = suspect_lines_seen_;
    health.totals.lost = total(lost_entries_);
    return health;
}

void Telemetry::on_metadata_refused() { trouble_.metadata_refused(); }

void Telemetry::on_read_back_unavailable(const exporter::Reply& reply) {
    trouble_.read_back_unavailable(reply);
}

void Telemetry::on_doubt_waits(const exporter::Reply& reply) { trouble_.doubt_waits(reply); }

void Telemetry::on_stored_gone(std::string_view stream) { trouble_.stored_gone(stream); }

void Telemetry::on_disk_trouble(std::string_view what) { trouble_.disk_trouble(what); }

void Telemetry::on_segment_unread(std::string_view cause) { trouble_.segment_unread(cause); }

void Telemetry::on_segment_lost(std::string_view cause, std::uint64_t entries) {
    trouble_.segment_lost(cause, entries);
}

}  // namespace bridge
