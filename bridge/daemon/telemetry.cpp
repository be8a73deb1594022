// SPDX-License-Identifier: MIT
#include "bridge/daemon/telemetry.h"

#include <cstdlib>
#include <limits>

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include "base/nanoseconds.h"
#include "bridge/console/answer_text.h"
#include "bridge/daemon/metrics_server.h"

namespace bridge {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

constexpr std::int64_t kNothingPending = std::numeric_limits<std::int64_t>::max();
/// One reminder of a lasting trouble, not one a try.
constexpr std::chrono::seconds kReminder{60};
/// A clock that is further off than that is wrong; less may be a slow answer.
constexpr std::chrono::seconds kClockTolerance{60};
constexpr std::chrono::seconds kClockReminder{600};

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

std::string code_of(const exporter::Reply& reply) {
    return reply.transport == exporter::Reply::Transport::Answered ? std::to_string(reply.status)
                                                                   : "error";
}

/// A counter whose total is kept elsewhere.
void raise(prometheus::Counter& counter, std::uint64_t total) {
    counter.Increment(static_cast<double>(total) - counter.Value());
}

constexpr const char* kUnparsed =
    "lines that are not understood; they are kept in the dead letters";
constexpr const char* kSuspect =
    "verdicts that Boundary cannot have written; somebody may be forging lines";
constexpr const char* kTampered = "log files were changed as no writer of a log does";
constexpr const char* kHole = "an audit log has a hole";
constexpr const char* kRefused = "Loki refuses entries for good; they are kept in the dead letters";

/// What to do about a reply, as a field of the log.
std::string advice_text(const exporter::Reply& reply) {
    const std::string_view text = exporter::advice(reply);
    return text.empty() ? "nothing: it is tried again until it works" : std::string(text);
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
    reminders_.note(kUnparsed, reason);
    remind();
    log_.debug("line not understood", {{"reason", std::string(reason)}});
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
    remind();
}

void Telemetry::set_files(const tailer::SkippedFiles& skipped,
                          const tailer::FileTroubles& troubles) {
    for (std::size_t i = 0; i < tailer::kSkipReasons; ++i) {
        raise(*skipped_files_[i], skipped.count(static_cast<tailer::SkipReason>(i)));
    }
    raise(truncated_files_, troubles.truncated);
    raise(rewritten_files_, troubles.rewritten);
    raise(removed_files_, troubles.removed);
    reminders_.note(kTampered, "truncated", {}, troubles.truncated - told_troubles_.truncated);
    reminders_.note(kTampered, "rewritten", {}, troubles.rewritten - told_troubles_.rewritten);
    reminders_.note(kTampered, "removed before it was read", {},
                    troubles.removed - told_troubles_.removed);
    told_troubles_ = troubles;
    remind();
}

void Telemetry::count_loss(std::string_view what, std::string_view session,
                           std::string_view lost_bytes) {
    std::string detail = "session ";
    detail.append(session).append(", bytes lost ").append(lost_bytes);
    reminders_.note(kHole, what, detail);
    remind();
}

void Telemetry::remind() {
    for (const auto& due : reminders_.take_due(clock_.steady())) {
        const bool error = due.what == kRefused || due.what == kHole;
        const auto put = error ? &Log::error : &Log::warn;
        (log_.*put)(due.what, {{"reason", due.reason},
                               {"count", std::to_string(due.count)},
                               {"so_far", std::to_string(due.so_far)},
                               {"last", without_secrets(due.detail)}});
    }
}

void Telemetry::count_suspect(std::string_view reason) {
    suspect_lines_.Add({{"reason", std::string(reason)}}).Increment();
    ++suspect_lines_seen_;
    reminders_.note(kSuspect, reason);
    remind();
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
    watch_clock(reply);
}

void Telemetry::watch_clock(const exporter::Reply& reply) {
    if (!reply.server_time) {
        return;
    }
    const std::int64_t ahead = clock_.wall_ns() / base::kNanosPerSecond - *reply.server_time;
    const base::SteadyTime now = clock_.steady();
    if (std::abs(ahead) < kClockTolerance.count()) {
        if (clock_wrong_told_at_) {
            log_.info("this machine's clock and Loki's agree again");
            clock_wrong_told_at_.reset();
        }
    } else if (!clock_wrong_told_at_ || now - *clock_wrong_told_at_ >= kClockReminder) {
        clock_wrong_told_at_ = now;
        log_.warn(
            ahead > 0 ? "this machine's clock runs ahead of Loki's; what is further ahead "
                        "than Loki takes waits until its time has come"
                      : "this machine's clock runs behind Loki's; decisions look older than "
                        "they are",
            {{"seconds", std::to_string(std::abs(ahead))}, {"try", "let NTP set both clocks"}});
    }
}

void Telemetry::on_stored(std::size_t entries, std::size_t bytes) {
    pushed_entries_.Increment(static_cast<double>(entries));
    pushed_bytes_.Increment(static_cast<double>(bytes));
    stored_entries_ += entries;
    held_.reset();
    if (lost_at_) {
        const auto away =
            std::chrono::duration_cast<std::chrono::seconds>(clock_.steady() - *lost_at_);
        log_.info("Loki is back", {{"after_seconds", std::to_string(away.count())},
                                   {"spooled_bytes", whole(spool_bytes_.Value())},
                                   {"spooled_batches", whole(spool_segments_.Value())}});
        lost_at_.reset();
    }
}

void Telemetry::on_retry(const exporter::Reply& reply, exporter::Outcome outcome) {
    push_retries_.Increment();
    const bool was_held = held_.has_value();
    if (outcome == exporter::Outcome::Hold) {
        held_ = reply;
        if (!was_held) {
            log_.error("Loki does not take our pushes; holding the data until this is mended",
                       {{"code", code_of(reply)},
                        {"answer", answer_text(reply)},
                        {"try", advice_text(reply)}});
        }
    }
    if (!lost_at_) {
        lost_at_ = clock_.steady();
        if (outcome != exporter::Outcome::Hold) {
            log_.warn("cannot push to Loki, trying again until it works",
                      {{"code", code_of(reply)},
                       {"answer", answer_text(reply)},
                       {"try", advice_text(reply)}});
        }
    }
    log_.debug("push will be tried again",
               {{"code", code_of(reply)}, {"answer", answer_text(reply)}});
}

void Telemetry::on_rate_limited(const exporter::Reply& reply) {
    push_retries_.Increment();
    if (clock_.steady() - limit_logged_at_ >= kReminder) {
        limit_logged_at_ = clock_.steady();
        log_.warn("Loki limits the rate of pushes; sending as much as it takes",
                  {{"answer", answer_text(reply)}});
    }
}

void Telemetry::on_rejected(std::string_view reason, std::string_view detail) {
    rejected_.Add({{"reason", std::string(reason)}}).Increment();
    ++rejected_entries_;
    reminders_.note(kRefused, reason, detail);
    remind();
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
    return health;
}

void Telemetry::on_metadata_refused() {
    log_.warn("this Loki takes no structured metadata; pushing without it (the line holds it all)");
}

void Telemetry::on_read_back_unavailable(const exporter::Reply& reply) {
    log_.warn(
        reply.stores_repeats
            ? "cannot read back from VictoriaLogs; a push of unknown outcome is sent again, and "
              "then stored twice"
            : "cannot read back from Loki; a push of unknown outcome is sent again, which log "
              "queries do not show but metric queries may count twice",
        {{"code", code_of(reply)}, {"answer", answer_text(reply)}});
}

void Telemetry::on_doubt_waits(const exporter::Reply& reply) {
    if (clock_.steady() - doubt_logged_at_ >= kReminder) {
        doubt_logged_at_ = clock_.steady();
        log_.error(
            "Loki may have stored entries that it takes no more; they wait until it answers a "
            "query",
            {{"code", code_of(reply)}, {"answer", reply_text(reply)}});
    }
}

void Telemetry::on_disk_trouble(std::string_view what) {
    if (clock_.steady() - disk_trouble_logged_at_ >= kReminder) {
        disk_trouble_logged_at_ = clock_.steady();
        log_.error("cannot keep data in the state folder; it stays in memory and in the log files",
                   {{"cause", std::string(what)}});
    }
}

}  // namespace bridge
