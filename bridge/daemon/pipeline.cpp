// SPDX-License-Identifier: MIT
#include "bridge/daemon/pipeline.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bridge/console/skip_advice.h"
#include "bridge/daemon/checkpoint_writing.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Between two looks at what is to be sent; as records it is some five times as much.
constexpr std::uint64_t kReadBytes = 128U << 10U;
constexpr seconds kCheckpointEvery{1};
constexpr seconds kLetterRetry{5};
/// What a request that hung before the end leaves of it for reading.
constexpr milliseconds kLeastToRead{500};
/// Writes that follow each other closely are read together.
constexpr milliseconds kGather{20};
/// A file without growth for this long is closed.
constexpr seconds kRest{5};

/// Boundary's own words for audit records that it dropped (coder/boundary audit/socket_auditor.go).
constexpr std::array<std::string_view, 3> kBoundaryDrops = {
    "audit log dropped, channel full", "audit log dropped, batch full",
    "dropping batch due to data error on flush attempt"};

std::string_view sentence_of(tailer::Loss::Kind kind) {
    switch (kind) {
        case tailer::Loss::Kind::Unread:
            return "log file was truncated or removed before it was read";
        case tailer::Loss::Kind::Rewritten:
            return "log file was rewritten after it was read";
        case tailer::Loss::Kind::CutUnwatched:
            return "log file was truncated while no daemon ran";
    }
    return "";
}

}  // namespace

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Wakeup::notify() const { static_cast<void>(::eventfd_write(fd_.get(), 1)); }

void Pipeline::stop() {
    stopped_at_ = parts_.clock.steady();
    stopping_ = true;
    wakeup_.notify();
}

bool Pipeline::may_take(const tailer::Record& record) {
    return !record.shipped ||
           parts_.exporter.has_room(record.stream, record.timestamp_ns, kMostInFlight);
}

bool Pipeline::may_take(const tailer::UnparsedLine& line) {
    return letters_.empty() || letter_bytes_ + line.text.size() <= kMostLetters;
}

void Pipeline::on_record(const tailer::Record& record) {
    ledger_.expect(record.source.file, record.source.end_offset, record.source.counts);
    if (!record.suspect.empty()) {
        parts_.telemetry.count_suspect(record.suspect);
    }
    switch (record.kind) {
        case tailer::RecordKind::Allow:
            ++account_.allowed;
            break;
        case tailer::RecordKind::Deny:
            ++account_.denied;
            break;
        case tailer::RecordKind::Notice:
            ++account_.notices;
            if (std::ranges::find(kBoundaryDrops, record.notice) != kBoundaryDrops.end()) {
                parts_.telemetry.count_boundary_drop();
            }
            break;
        case tailer::RecordKind::Lifecycle:
            ++account_.lifecycle;
            break;
    }
    ++account_.lines;
    if (!record.shipped) {
        ++account_.withheld;
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
    ++account_.lines;
    ++account_.unparsed;
    parts_.telemetry.count_unparsed(line.reason);
    const exporter::Ticket ticket{line.source.file, line.source.end_offset};
    ledger_.expect(ticket.source, ticket.position, line.source.counts);
    if (parts_.state == nullptr) {
        settle(ticket);
        return;
    }
    letters_.push_back(
        {std::string(line.session), std::string(line.text), std::string(line.reason), ticket});
    letter_bytes_ += letter_size(letters_.back());
}

void Pipeline::write_letters() {
    const base::SteadyTime now = parts_.clock.steady();
    if (letters_.empty() || now < letters_tried_at_) {
        return;
    }
    while (!letters_.empty()) {
        const Letter& letter = letters_.front();
        const auto written =
            parts_.state->dead_letters().add_unparsed(letter.session, letter.text, letter.reason);
        if (!written) {
            parts_.telemetry.on_disk_trouble(written.error().message);
            letters_tried_at_ = now + kLetterRetry;
            return;
        }
        letters_unsynced_ = true;
        settle(letter.ticket);
        letter_bytes_ -= letter_size(letter);
        letters_.pop_front();
    }
}

std::size_t Pipeline::letter_size(const Letter& letter) {
    return sizeof(Letter) + letter.session.size() + letter.text.size();
}

bool Pipeline::may_read() const { return parts_.exporter.in_flight_bytes() < 2 * kMostInFlight; }

bool Pipeline::has_unsaved_files() const {
    // A record's identity holds its session, which is the file's name at first sight. So that name
    // is kept before anything of the file is sent or spooled: a rename and a crash then change
    // nothing.
    return parts_.state != nullptr && !save_failed_ &&
           parts_.tailer.files().learned() != saved_files_;
}

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

/// Each once, of what the tailer came upon.
void Pipeline::tell_what_is_new() {
    for (const auto& file : parts_.tailer.files().take_first_skipped()) {
        parts_.log.warn(
            "a file in a log folder is not read; others of the kind are counted only",
            {{"file", parts_.tailer.files().folder(static_cast<std::uint32_t>(file.folder)) + "/" +
                          file.name},
             {"cause", skip_cause(file)},
             {"try", skip_advice(file)}});
    }
    if (parts_.tailer.own_requests() > 0 && !std::exchange(said_own_requests_, true)) {
        parts_.log.warn(
            "this daemon runs inside Boundary's jail and finds its own pushes in the logs; it "
            "counts none of them",
            {{"try", "start it outside of the jail; until then verify shows a gap for each"}});
    }
    if (parts_.tailer.starved() != said_starved_) {
        said_starved_ = !said_starved_;
        if (said_starved_) {
            parts_.log.warn(
                "the kernel gives no inotify watch; the log folders are listed every 2 s",
                {{"try",
                  "raise fs.inotify.max_user_watches and "
                  "fs.inotify.max_user_instances"}});
        } else {
            parts_.log.info("the log folders are watched by inotify again");
        }
    }
}

base::SteadyTime Pipeline::step() {
    const base::SteadyTime now = parts_.clock.steady();
    const bool rescan = now - scanned_at_ >= parts_.tailer.rescan_every();
    parts_.tailer.look(rescan);
    for (const auto& [folder, same] : parts_.tailer.files().take_same_folders()) {
        parts_.log.warn("a log folder is another one's under another name; it is read once",
                        {{"folder", folder}, {"same_as", same}});
    }
    if (rescan) {
        scanned_at_ = now;
        parts_.on_rescan();
        forget_finished();
    }
    read_some();
    tell_what_is_new();
    behind_since_ns_ = parts_.tailer.has_more()
                           ? std::optional(behind_since_ns_.value_or(parts_.clock.wall_ns()))
                           : std::nullopt;
    if (!parts_.tailer.has_more()) {
        // A notice of now makes what is older late. Lines that were sent before a crash must not be
        // judged so when they are read again, so they come first.
        report_losses();
    }
    write_letters();
    if (!backlog_read_ && !parts_.tailer.has_more() && !parts_.tailer.files().any_unseen()) {
        backlog_read_ = true;  // what is read from here on cannot have been sent by a predecessor
        parts_.exporter.end_doubt();
    }
    parts_.exporter.hold(has_unsaved_files());
    base::SteadyTime due = parts_.exporter.work();
    take_settled();
    const bool checkpoint_due = parts_.clock.steady() >= checkpoint_at_ + kCheckpointEvery;
    const bool urgent = parts_.exporter.wants_checkpoint() && !save_failed_;
    if (urgent || ((dirty_ || save_failed_ || has_unsaved_files()) && checkpoint_due)) {
        save_checkpoint(false);
    }
    // What still has to be read stays open: a file that is removed now can be read to its end.
    const bool may_rest = parts_.tailer.open_files() > 0 && !parts_.tailer.has_more();
    if (may_rest && now - read_at_ >= kRest) {
        parts_.tailer.rest();
        ::malloc_trim(0);  // what the work just done took
    }
    report();
    due = std::min(due, beat());
    if (parts_.tailer.can_go_on() && may_read()) {
        return now;
    }
    due = std::min(due, scanned_at_ + parts_.tailer.rescan_every());
    if (dirty_ || save_failed_ || has_unsaved_files()) {
        due = std::min(due, checkpoint_at_ + kCheckpointEvery);
    }
    if (!letters_.empty()) {
        due = std::min(due, letters_tried_at_);
    }
    return may_rest ? std::min(due, read_at_ + kRest) : due;
}

void Pipeline::take_settled() {
    for (const auto& ticket : parts_.exporter.take_settled()) {
        settle(ticket);
    }
}

void Pipeline::settle(const exporter::Ticket& ticket) {
    if (const auto safe = ledger_.settle(ticket.source, ticket.position)) {
        parts_.tailer.files().settle(ticket.source, safe->offset, safe->counts);
        dirty_ = true;
    }
}

void Pipeline::save_checkpoint(bool clean) {
    if (parts_.state == nullptr) {
        return;
    }
    checkpoint_at_ = parts_.clock.steady();
    base::Result<void> saved;
    if (letters_unsynced_) {
        saved = parts_.state->dead_letters().sync();
    }
    if (saved) {
        letters_unsynced_ = false;
        saved = write_checkpoint(parts_.state->checkpoint(), parts_.tailer.files(), parts_.exporter,
                                 clean);
    }
    save_failed_ = !saved;
    if (!saved) {
        parts_.telemetry.on_disk_trouble(saved.error().message);
        return;
    }
    dirty_ = false;
    saved_files_ = parts_.tailer.files().learned();
    parts_.exporter.checkpoint_saved();
    parts_.telemetry.set_checkpoint_written();
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
        save_checkpoint(false);  // what is forgotten can no longer be said to be gone
    }
    for (const tailer::FileId id : finished) {
        parts_.tailer.files().forget(id);
        ledger_.forget(id);
        dirty_ = true;
    }
}

void Pipeline::report_losses() {
    for (const auto& loss : parts_.tailer.files().take_losses()) {
        const std::string bytes = std::to_string(loss.bytes);
        // An audit trail says where it has holes.
        const std::array<base::LabelView, 1> fields = {base::LabelView{"lost_bytes", bytes}};
        const bool counted = loss.kind == tailer::Loss::Kind::Unread;
        const std::span<const base::LabelView> known(fields.data(), counted ? 1 : 0);
        const std::string_view what = sentence_of(loss.kind);
        parts_.telemetry.count_loss(what, loss.session, counted ? bytes : "unknown");
        const tailer::Record notice = parts_.tailer.own_notice(
            {parts_.clock.wall_ns(), "ERROR", what, known, {}}, loss.session);
        parts_.exporter.add(notice.stream, {notice.timestamp_ns, notice.line, notice.metadata, {}});
    }
}

void Pipeline::report() {
    Telemetry::Gauges gauges;
    gauges.tracked_files = parts_.tailer.files().size();
    gauges.open_files = parts_.tailer.open_files();
    gauges.read_bytes = parts_.tailer.bytes_read();
    gauges.in_flight_bytes = parts_.exporter.in_flight_bytes();
    gauges.in_doubt_entries = parts_.exporter.in_doubt_entries();
    if (parts_.state != nullptr) {
        gauges.spool_bytes = parts_.state->spool().bytes();
        gauges.spool_segments = parts_.state->spool().segments();
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

void Pipeline::wait_until(base::SteadyTime due) const {
    const auto wait = [this](base::SteadyTime until, bool for_files) {
        std::array<pollfd, 2> fds = {pollfd{wakeup_.fd(), POLLIN, 0},
                                     pollfd{parts_.tailer.wait_fd(), POLLIN, 0}};
        const auto left = std::chrono::ceil<milliseconds>(until - parts_.clock.steady()).count();
        const milliseconds longest = parts_.tailer.rescan_every();
        const auto timeout = std::clamp<std::int64_t>(left, 0, longest.count());
        ::poll(fds.data(), for_files ? 2 : 1, static_cast<int>(timeout));
    };
    const base::SteadyTime gathered = std::min(due, read_at_ + kGather);
    if (gathered > parts_.clock.steady()) {
        wait(gathered, false);
    }
    if (!stopping_) {
        wait(due, true);
    }
}

void Pipeline::begin() {
    // Before the first push there must be a checkpoint that says: this run has begun and has not
    // ended in order. Its successor then asks Loki what was stored.
    parts_.tailer.look(true);
    scanned_at_ = parts_.clock.steady();
    parts_.on_rescan();
    save_checkpoint(false);
    ::malloc_trim(0);  // a large checkpoint was read, and is not needed any more
}

void Pipeline::follow() {
    begin();
    while (!stopping_) {
        const base::SteadyTime due = step();
        if (due > parts_.clock.steady()) {
            wait_until(due);
        }
    }
}

bool Pipeline::deliver(const std::function<bool()>& give_up) {
    parts_.tailer.look(false);
    save_checkpoint(false);
    bool flushed = false;
    while (!stopping_) {
        base::SteadyTime due = step();
        if (!parts_.tailer.has_more() && letters_.empty()) {
            if (!flushed) {
                parts_.exporter.flush();
                flushed = true;
                continue;
            }
            if (parts_.exporter.idle() && ledger_.open() == 0) {
                save_checkpoint(true);
                return true;
            }
        }
        if (give_up()) {
            break;
        }
        if (due > parts_.clock.steady()) {
            wait_until(std::min(due, parts_.clock.steady() + milliseconds(500)));
        }
    }
    return false;
}

void Pipeline::pause_until(base::SteadyTime due) const {
    const auto left = std::chrono::ceil<milliseconds>(due - parts_.clock.steady()).count();
    if (left > 0) {
        ::poll(nullptr, 0, static_cast<int>(left));
    }
}

void Pipeline::read_rest(base::SteadyTime deadline) {
    if (parts_.clock.steady() >= deadline) {
        return;
    }
    // What was written right before the signal may be gone at the next start: /tmp does not outlive
    // a pod.
    parts_.tailer.look(parts_.tailer.polls());
    while (parts_.tailer.has_more() && parts_.clock.steady() < deadline) {
        pause_until(std::min(step(), deadline));
    }
}

void Pipeline::rescue() {
    try {
        parts_.exporter.hold(false);
        parts_.exporter.spool_all();
        take_settled();
        save_checkpoint(false);
    } catch (const std::exception& trouble) {
        // What is in neither is read from the logs again.
        parts_.log.error("cannot spool what was in memory", {{"cause", trouble.what()}});
    }
}

bool Pipeline::drain(milliseconds limit) {
    const base::SteadyTime now = parts_.clock.steady();
    const base::SteadyTime deadline = std::min(now, stopped_at_.load()) + limit;
    // Who writes on and on does not keep the rest from being sent.
    read_rest(std::max(deadline - limit / 2, now + std::min(kLeastToRead, limit / 2)));
    report_losses();
    if (has_unsaved_files()) {
        save_checkpoint(false);
    }
    parts_.exporter.hold(false);
    parts_.exporter.flush();
    while (!parts_.exporter.idle()) {
        const base::SteadyTime due = parts_.exporter.work();
        take_settled();
        if (parts_.clock.steady() >= deadline || due >= deadline) {
            break;
        }
        pause_until(due);
    }
    parts_.exporter.spool_all();
    take_settled();
    letters_tried_at_ = {};
    write_letters();
    const bool settled = ledger_.open() == 0;
    // Lines that a killed predecessor may have sent and that were not read yet are still in doubt.
    save_checkpoint(settled && !parts_.exporter.doubtful());
    report();
    parts_.heartbeat.end(parts_.telemetry.health(),
                         std::chrono::floor<milliseconds>(deadline - parts_.clock.steady()));
    return settled;
}

}  // namespace bridge
