// SPDX-License-Identifier: MIT
#include "bridge/daemon/pipeline.h"

#include <algorithm>
#include <utility>

#include <malloc.h>

#include "tailer/records/notice_policy.h"

namespace bridge {
namespace {

/// Between two looks at what is to be sent; as records it is some five times as much.
constexpr std::uint64_t kReadBytes = 128U << 10U;
/// A file without growth for this long is closed.
constexpr std::chrono::seconds kRest{5};

}  // namespace

Pipeline::Pipeline(PipelineParts parts)
    : parts_(std::move(parts)),
      letters_(parts_.state == nullptr
                   ? std::nullopt
                   : std::optional<LetterQueue>(std::in_place, parts_.state->dead_letters(),
                                                parts_.clock, parts_.telemetry)),
      checkpoint_(parts_, letters_ ? &*letters_ : nullptr),
      reports_(parts_),
      recovery_(parts_, ledger_) {}

bool Pipeline::may_take(const tailer::Record& record) {
    return !record.shipped ||
           parts_.exporter.has_room(record.stream, record.timestamp_ns, kMostInFlight);
}

bool Pipeline::may_take(const tailer::UnparsedLine& line) {
    return !letters_ || letters_->has_room(line.text.size());
}

void Pipeline::on_record(const tailer::Record& record) {
    ledger_.expect(record.source.file, record.source.end_offset, record.source.counts);
    account_.count(record);
    if (!record.suspect.empty()) {
        parts_.telemetry.count_suspect(record.suspect);
    }
    if (record.kind == tailer::RecordKind::Notice && tailer::is_audit_drop(record.notice)) {
        parts_.telemetry.count_boundary_drop();
    }
    if (!record.shipped) {
        settle({record.source.file, record.source.end_offset});
        return;
    }
    while (parts_.exporter.streams() < parts_.tailer.streams().size()) {
        parts_.exporter.add_stream(parts_.tailer.streams()[parts_.exporter.streams()]);
    }
    parts_.exporter.add(record.stream, {record.timestamp_ns,
                                        record.line,
                                        record.metadata,
                                        {record.source.file, record.source.end_offset},
                                        record.tool_call_may_change});
}

void Pipeline::on_unparsed(const tailer::UnparsedLine& line) {
    account_.count_unparsed();
    parts_.telemetry.count_unparsed(line.reason);
    const exporter::Ticket ticket{line.source.file, line.source.end_offset};
    ledger_.expect(ticket.source, ticket.position, line.source.counts);
    if (letters_) {
        letters_->add(line, ticket);
    } else {
        settle(ticket);
    }
}

base::SteadyTime Pipeline::step() {
    const base::SteadyTime now = parts_.clock.steady();
    look(now);
    read_some();
    take_settled();  // a line known by its origin is: else the recovery would leave it to us
    recovery_.work(may_read());
    reports_.tell_news();
    judge_backlog();
    if (letters_) {
        letters_->write([this](const auto& ticket) { settle(ticket); });
    }
    parts_.exporter.hold(checkpoint_.lacks_files());
    const base::SteadyTime send_due = parts_.exporter.work();
    take_settled();
    checkpoint_.save_if_due();
    rest(now);
    observe();
    const base::SteadyTime beat_due = beat();
    if ((parts_.tailer.can_go_on() || recovery_.can_go_on()) && may_read()) {
        return now;
    }
    return std::min({send_due, beat_due, scanned_at_ + parts_.tailer.rescan_every(),
                     checkpoint_.due(), recovery_.due(),
                     letters_ ? letters_->due() : base::SteadyTime::max(), rest_due()});
}

void Pipeline::look(base::SteadyTime now) {
    const bool rescan = now - scanned_at_ >= parts_.tailer.rescan_every();
    parts_.tailer.look(rescan);
    if (rescan) {
        scanned_at_ = now;
        parts_.on_rescan();
        forget_finished();
    }
}

bool Pipeline::may_read() const { return parts_.exporter.in_flight_bytes() < 2 * kMostInFlight; }

void Pipeline::read_some() {
    if (!may_read() || !parts_.tailer.has_more()) {
        return;
    }
    static_cast<void>(parts_.tailer.read(kReadBytes, *this));
    parts_.telemetry.set_lines(
        {account_.allowed, account_.denied, account_.notices, account_.lifecycle});
    read_at_ = parts_.clock.steady();
    for (const auto& trouble : parts_.tailer.take_errors()) {
        ++account_.unreadable_files;
        parts_.log.warn("cannot read a log file", {{"cause", trouble}});
    }
}

void Pipeline::judge_backlog() {
    if (parts_.tailer.has_more()) {
        behind_since_ns_ = behind_since_ns_.value_or(parts_.clock.wall_ns());
        return;
    }
    behind_since_ns_.reset();
    // A notice of now makes what is older late. Lines that were sent before a crash must not be
    // judged so when they are read again, so they come first.
    reports_.report_losses();
    recovery_.report_losses();
    if (parts_.exporter.doubtful() && !parts_.tailer.files().any_unseen()) {
        parts_.exporter.end_doubt();
    }
}

base::SteadyTime Pipeline::rest_due() const {
    // What still has to be read stays open: a file that is removed now can be read to its end.
    const bool may_rest = parts_.tailer.open_files() > 0 && !parts_.tailer.has_more();
    return may_rest ? read_at_ + kRest : base::SteadyTime::max();
}

void Pipeline::rest(base::SteadyTime now) {
    if (now >= rest_due()) {
        parts_.tailer.rest();
        ::malloc_trim(0);  // what the work just done took
    }
}

void Pipeline::take_settled() {
    for (const auto& ticket : parts_.exporter.take_settled()) {
        settle(ticket);
    }
}

void Pipeline::settle(const exporter::Ticket& ticket) {
    if (ticket.source == SpoolRecovery::kTickets) {
        recovery_.settled();
        return;
    }
    if (const auto safe = ledger_.settle(ticket.source, ticket.position)) {
        parts_.tailer.files().settle(ticket.source, safe->offset, safe->counts);
        checkpoint_.note_change();
    }
}

void Pipeline::forget_finished() {
    std::vector<tailer::FileId> finished;
    bool unsaved = false;
    parts_.tailer.files().for_each([&](tailer::FileId id, const tailer::KnownFile& file) {
        if (file.gone && !file.queued && !ledger_.waits_for(id)) {
            finished.push_back(id);
            unsaved = unsaved || file.changed;
        }
    });
    if (unsaved) {
        checkpoint_.save();  // what is forgotten can no longer be said to be gone
    }
    for (const tailer::FileId id : finished) {
        parts_.tailer.files().forget(id);
        ledger_.forget(id);
        checkpoint_.note_change();
    }
}

void Pipeline::observe() {
    Telemetry::Gauges gauges;
    gauges.tracked_files = parts_.tailer.files().size();
    gauges.open_files = parts_.tailer.open_files();
    gauges.read_bytes = parts_.tailer.bytes_read();
    gauges.in_flight_bytes = parts_.exporter.in_flight_bytes();
    gauges.in_doubt_entries = parts_.exporter.in_doubt_entries();
    if (parts_.state != nullptr) {
        const exporter::Backlog& backlog = parts_.exporter.backlog();
        gauges.spool_bytes = parts_.state->spool().bytes() - backlog.done_bytes();
        gauges.spool_segments = parts_.state->spool().segments() - backlog.done_segments();
    }
    gauges.streams = parts_.exporter.distinct_streams();
    gauges.folded_tools = parts_.tailer.folded_tools();
    parts_.telemetry.set(gauges);
    parts_.telemetry.set_files(parts_.tailer.files().skipped(), parts_.tailer.files().troubles());
    parts_.telemetry.set_tool_calls(parts_.tailer.tool_calls().counts());
    // Nobody knows the stamps of what is unread, nor whether stamps are true.
    std::optional<std::int64_t> since = parts_.exporter.waits_since_ns();
    if (behind_since_ns_) {
        since = std::min(since.value_or(INT64_MAX), *behind_since_ns_);
    }
    parts_.telemetry.set_oldest_pending(since);
}

/// When the next heartbeat is due.
base::SteadyTime Pipeline::beat() {
    if (parts_.clock.steady() >= parts_.heartbeat.due()) {
        parts_.heartbeat.beat(parts_.telemetry.health());
    }
    return parts_.heartbeat.due();
}

}  // namespace bridge
