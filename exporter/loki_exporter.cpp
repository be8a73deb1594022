// SPDX-License-Identifier: MIT
#include "exporter/loki_exporter.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "bridge/base/nanoseconds.h"
#include "bridge/base/rfc3339.h"
#include "exporter/read_back.h"
#include "exporter/rejection.h"
#include "exporter/stream_labels.h"

namespace exporter {
namespace {

constexpr int kFailuresBeforeSplit = 4;
constexpr std::size_t kSmallestSplitBytes = 16U << 10U;
/// Loki refuses what lies more than ten minutes ahead (creation_grace_period); a forged line of the
/// year 2200 must not make every true one look late.
constexpr std::int64_t kFurthestAheadNs = 600 * base::kNanosPerSecond;
/// What is refused for being too new, yet no newer than this, is tried again until its time comes:
/// a clock that was set wrong is no reason to lose a decision.
constexpr std::int64_t kLongestWaitNs = 3600 * base::kNanosPerSecond;

/// How long queries may fail while the server is there before pushes go on all the same.
constexpr std::chrono::minutes kQueryPatience{1};

/// How much older than its batch's neighbours an entry may be: what the reader's merge allows.
constexpr std::chrono::minutes kDisorder{5};

}  // namespace

LokiExporter::LokiExporter(const ExportSettings& settings, const std::vector<base::Labels>& streams,
                           LokiApi& loki, const base::Clock& clock, ExporterEvents& events,
                           Spool* spool, DeadLetters* dead_letters, std::uint64_t jitter_seed)
    : settings_(settings),
      loki_(loki),
      clock_(clock),
      events_(events),
      spool_(spool),
      dead_letters_(dead_letters),
      jitter_seed_(jitter_seed),
      origins_(settings.unstable_metadata) {
    for (const auto& labels : streams) {
        add_stream(labels);
    }
    if (spool_ != nullptr) {
        for (auto& segment : spool_->take_found()) {
            OutgoingStream& stream = stream_of(parse_stream_labels(segment.labels));
            newest_sequence_ = covered_sequence_ = std::max(newest_sequence_, segment.sequence);
            stream.spooled.push_back(std::move(segment));
        }
    }
}

LokiExporter::~LokiExporter() = default;

OutgoingStream& LokiExporter::stream_of(const base::Labels& labels) {
    auto& slot = streams_[stream_labels_text(labels)];
    if (!slot) {
        slot = std::make_unique<OutgoingStream>(labels, settings_.stream_rate,
                                                jitter_seed_ + streams_.size());
        late_streams_ += slot->late ? 1 : 0;
    }
    return *slot;
}

OutgoingStream& LokiExporter::late_stream_of(const base::Labels& labels,
                                             std::int64_t timestamp_ns) {
    std::string hour;
    base::append_rfc3339_nano(hour, timestamp_ns);
    hour.resize(std::string_view("2026-06-09T12").size());
    base::Labels late = labels;
    late.emplace_back("late", hour);
    std::ranges::sort(late);
    if (late_streams_ >= settings_.most_late_streams &&
        !streams_.contains(stream_labels_text(late))) {
        std::ranges::find(late, "late", &base::Label::first)->second = "other";
        events_.on_label_folded("late");
    }
    return stream_of(late);
}

void LokiExporter::set_doubtful(bool doubtful) {
    doubtful_ = doubtful;
    if (!doubtful_) {
        origins_.forget_inherited();
    }
}

void LokiExporter::restore_origins(const std::vector<std::uint64_t>& origins,
                                   std::uint64_t newest_segment) {
    for (const std::uint64_t origin : origins) {
        origins_.inherit(origin);
    }
    // The checkpoint says nothing yet of what was spooled after it.
    for (const auto& [text, stream] : streams_) {
        for (const auto& segment : stream->spooled) {
            if (segment.sequence > newest_segment) {
                // What cannot be read now is not known here, and will be reported when it is to be
                // sent.
                const std::string entries = spool_->load(segment).value_or("");
                for (const auto& entry : decode_entries(entries)) {
                    origins_.inherit(origins_.origin_of(entry.timestamp_ns, entry.metadata));
                }
            }
        }
    }
}

void LokiExporter::keep_origins(const SealedBatch& batch) {
    const auto entries = decode_entries(batch.entries());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        origins_.keep(batch.slots()[i].ticket,
                      origins_.origin_of(entries[i].timestamp_ns, entries[i].metadata));
    }
}

bool LokiExporter::wants_checkpoint() const {
    return covered_sequence_ < newest_sequence_ || due_while_held_;
}

void LokiExporter::add(std::size_t index, const Entry& entry) {
    if (origins_.knows_any()) {
        const std::uint64_t origin = origins_.origin_of(entry.timestamp_ns, entry.metadata);
        if (origins_.knows(origin)) {
            origins_.keep(entry.ticket, origin);
            settled_.push_back(entry.ticket);
            return;
        }
    }
    OutgoingStream* stream = by_index_[index];
    const std::int64_t late_after = settings_.late_after.count();
    const bool late =
        entry.timestamp_ns < std::max(stream->newest_added_ns, INT64_MIN + late_after) - late_after;
    if (late) {
        stream = &late_stream_of(stream->labels, entry.timestamp_ns);
    }
    if (stream->open.span_with(entry.timestamp_ns) >
        static_cast<std::uint64_t>(settings_.late_after.count())) {
        // Sent a second time, a batch must not lie too far behind what Loki stored of it the first
        // time.
        seal(*stream);
    }
    if (stream->open.empty()) {
        stream->opened_at = clock_.steady();
    }
    stream->open_doubtful = stream->open_doubtful || doubtful_;
    stream->spool_first = stream->spool_first || entry.may_change;
    const std::size_t before = stream->open.bytes();
    stream->open.add(entry);
    in_flight_bytes_ += stream->open.bytes() - before;
    if (entry.timestamp_ns > stream->newest_added_ns && may_lead(entry.timestamp_ns)) {
        stream->newest_added_ns = entry.timestamp_ns;
    }
    if (stream->open.bytes() >= settings_.batch_bytes) {
        seal(*stream);
    }
}

bool LokiExporter::will_come_due(const SealedBatch& batch, std::string_view reason) const {
    const std::int64_t limit_ns = clock_.wall_ns() + kLongestWaitNs;
    return reason == "too_far_in_future" &&
           std::ranges::all_of(batch.slots(), [limit_ns](const auto& slot) {
               return slot.timestamp_ns <= limit_ns;
           });
}

bool LokiExporter::may_lead(std::int64_t timestamp_ns) {
    if (timestamp_ns > lead_limit_ns_) {  // else there is no need to look at the clock
        lead_limit_ns_ = clock_.wall_ns() + kFurthestAheadNs;
    }
    return timestamp_ns <= lead_limit_ns_;
}

void LokiExporter::note_newest(OutgoingStream& stream, const SealedBatch& batch) {
    // Ascending in time, so the last one that may lead is the newest of them.
    const auto newest =
        std::find_if(batch.slots().rbegin(), batch.slots().rend(),
                     [this](const SealedBatch::Slot& slot) { return may_lead(slot.timestamp_ns); });
    if (newest != batch.slots().rend()) {
        stream.newest_settled_ns = std::max(stream.newest_settled_ns, newest->timestamp_ns);
    }
}

void LokiExporter::seal(OutgoingStream& stream) {
    stream.seal();
    // Whether an entry is late depends on what came before it, and its tool call on what was known
    // by then. So the verdict is made durable before anything is sent: no restart can judge it
    // anew.
    stream.to_spool = stream.spool_first && spool_ != nullptr;
}

/// Whether something was there to be spooled.
bool LokiExporter::spool_sealed() {
    bool any = false;
    for (auto& [text, stream] : streams_) {
        if (stream->to_spool) {
            any = true;
            if (!held_) {
                stream->to_spool = false;
                static_cast<void>(spool_stream(*stream));
            }
        }
    }
    return any;
}

void LokiExporter::seal_due(base::SteadyTime now) {
    for (auto& [text, stream] : streams_) {
        if (!stream->open.empty() && now - stream->opened_at >= settings_.batch_wait) {
            seal(*stream);
        }
    }
}

void LokiExporter::flush() {
    for (auto& [text, stream] : streams_) {
        if (!stream->open.empty()) {
            seal(*stream);
        }
    }
}

bool LokiExporter::idle() const {
    return std::ranges::all_of(streams_, [](const auto& entry) { return entry.second->empty(); });
}

std::optional<std::int64_t> LokiExporter::oldest_unsettled_ns() const {
    std::optional<std::int64_t> oldest;
    for (const auto& [text, stream] : streams_) {
        const auto its_oldest = stream->oldest_unsettled_ns();
        if (its_oldest && (!oldest || *its_oldest < *oldest)) {
            oldest = its_oldest;
        }
    }
    return oldest;
}

OutgoingStream* LokiExporter::next_to_send(base::SteadyTime now, base::SteadyTime& next_due) {
    OutgoingStream* chosen = nullptr;
    for (auto& [text, stream] : streams_) {
        if (!stream->open.empty()) {
            next_due = std::min(next_due, stream->opened_at + settings_.batch_wait);
        }
        if (!stream->may_send(covered_sequence_)) {
            continue;
        }
        const base::SteadyTime due = std::max(stream->not_before, stream->pace.next_push());
        if (due > now) {
            next_due = std::min(next_due, due);
        } else if (chosen == nullptr || stream->last_turn < chosen->last_turn) {
            chosen = stream.get();  // they take turns, so none starves
        }
    }
    return chosen;
}

base::SteadyTime LokiExporter::work() {
    const base::SteadyTime now = clock_.steady();
    seal_due(now);
    const bool spooled = spool_sealed();
    base::SteadyTime next_due = base::SteadyTime::max();
    OutgoingStream* stream = next_to_send(now, next_due);
    due_while_held_ = held_ && (spooled || stream != nullptr);
    if (due_while_held_) {
        return now;
    }
    if (stream == nullptr) {
        return next_due;
    }
    stream->last_turn = ++turns_;
    send(*stream);
    return now;
}

bool LokiExporter::load_front(OutgoingStream& stream) {
    if (!stream.unspooled.empty() || stream.spooled.empty()) {
        return true;
    }
    const auto entries = spool_->load(stream.spooled.front());
    if (!entries) {
        events_.on_disk_trouble(entries.error().message);
        if (entries.error().code == 0 || entries.error().code == ENOENT) {
            // Damaged or removed since it was written: there is nothing to wait for.
            spool_->set_aside(stream.spooled.front());
            stream.spooled.pop_front();
        } else {
            postpone(stream);
        }
        return false;
    }
    Batch batch;
    for (const auto& entry : decode_entries(*entries)) {
        batch.add({entry.timestamp_ns, entry.line, entry.metadata, {}});
    }
    // Whether an earlier try got through is unknown here, so the first look is at Loki.
    stream.unspooled.push_back({batch.seal(), Doubt::Own, 0});
    return true;
}

void LokiExporter::send(OutgoingStream& stream) {
    if (stream.spool_first && spool_ != nullptr && !stream.queue.empty() && !spool_stream(stream) &&
        stream.spooled.empty()) {
        postpone(stream);
        return;
    }
    if (!stream.may_send(covered_sequence_)) {
        return;  // the segment that was just written waits for a checkpoint
    }
    if (!load_front(stream) || !resolve_doubt(stream)) {
        return;
    }
    const SealedBatch& batch = stream.line().front().batch;
    const std::string_view body =
        metadata_refused_ ? push_body_.of(stream.text, without_metadata(batch.entries()))
                          : push_body_.of(stream.text, batch.entries());
    const base::SteadyTime begun = clock_.steady();
    const Reply reply = loki_.push(body, settings_.push_timeout);
    events_.on_answer(reply, clock_.steady() - begun);
    handle(stream, reply);
}

/// Whether pushes are to go on though queries fail: a Loki that stores but does not answer must not
/// hold the trail up for ever. One that is not there at all takes neither.
bool LokiExporter::queries_hang(const Reply& reply) {
    if (reply.transport == Reply::Transport::NotSent) {
        return false;
    }
    const base::SteadyTime now = clock_.steady();
    queries_failing_since_ = queries_failing_since_.value_or(now);
    if (now - *queries_failing_since_ < kQueryPatience) {
        return false;
    }
    if (!std::exchange(queries_hang_, true)) {
        events_.on_read_back_unavailable(reply);
    }
    return true;
}

bool LokiExporter::resolve_doubt(OutgoingStream& stream) {
    PendingPush& front = stream.line().front();
    if (front.doubt != Doubt::Predecessor) {
        stream.predecessors_rows = {};
    }
    if (front.doubt == Doubt::None || queries_refused_) {
        return true;
    }
    const ReadBack answer =
        read_back(loki_, stream.text, front.batch, settings_.push_timeout,
                  front.doubt == Doubt::Predecessor ? &stream.predecessors_rows : nullptr);
    if (answer.state == ReadBack::State::TryLater) {
        if (queries_hang(answer.reply)) {
            return true;  // still in doubt: should the push fail, its next try asks again
        }
        retry(stream, answer.reply, Outcome::Retry);
        return false;
    }
    queries_failing_since_.reset();
    queries_hang_ = false;
    if (answer.state == ReadBack::State::Unavailable) {
        // A 400 concerns this batch alone: it may span more time than Loki lets a query span.
        front.doubt = Doubt::None;
        queries_refused_ = answer.reply.status != 400;
        events_.on_read_back_unavailable(answer.reply);
        return true;
    }
    front.doubt = Doubt::None;
    if (std::ranges::find(answer.stored, true) == answer.stored.end()) {
        return true;
    }
    const int failures = front.failures;
    std::vector<PendingPush> missing;
    for (std::size_t i = 0; i < answer.stored.size();) {
        std::size_t end = i;
        while (end < answer.stored.size() && answer.stored[end] == answer.stored[i]) {
            ++end;
        }
        SealedBatch run = front.batch.part(i, end);
        if (answer.stored[i]) {
            events_.on_stored(run.size(), run.bytes());
            note_newest(stream, run);
            settle(stream, run);
        } else {
            missing.push_back({std::move(run), Doubt::None, failures});
        }
        i = end;
    }
    auto& line = stream.line();
    line.pop_front();
    line.insert(line.begin(), std::make_move_iterator(missing.begin()),
                std::make_move_iterator(missing.end()));
    if (missing.empty()) {
        finish_front(stream);
        return false;
    }
    return true;
}

void LokiExporter::handle(OutgoingStream& stream, const Reply& reply) {
    const Outcome outcome = classify(reply);
    switch (outcome) {
        case Outcome::Stored:
            stored(stream);
            return;
        case Outcome::Retry:
        case Outcome::Hold:
            retry(stream, reply, outcome);
            return;
        case Outcome::TooLarge:
            if (stream.line().front().batch.size() > 1) {
                stream.split_front();
                return;
            }
            [[fallthrough]];
        case Outcome::Rejected:
            rejected(stream, reply);
            return;
    }
}

void LokiExporter::settle(OutgoingStream& stream, const SealedBatch& batch) {
    const bool from_memory = stream.unspooled.empty();
    if (from_memory) {
        for (const auto& slot : batch.slots()) {
            settled_.push_back(slot.ticket);
        }
        in_flight_bytes_ -= std::min(in_flight_bytes_, batch.bytes());
    }
}

void LokiExporter::stored(OutgoingStream& stream) {
    const SealedBatch& batch = stream.line().front().batch;
    events_.on_stored(batch.size(), batch.bytes());
    stream.pace.pushed(batch.bytes(), clock_.steady());
    note_newest(stream, batch);
    settle(stream, batch);
    stream.line().pop_front();
    finish_front(stream);
    stream.backoff.reset();
    stream.failing_since.reset();
}

void LokiExporter::finish_front(OutgoingStream& stream) {
    if (stream.unspooled.empty() && !stream.spooled.empty()) {
        spool_->remove(stream.spooled.front());
        stream.spooled.pop_front();
    }
}

void LokiExporter::postpone(OutgoingStream& stream) {
    stream.not_before = clock_.steady() + stream.backoff.next();
}

void LokiExporter::retry(OutgoingStream& stream, const Reply& reply, Outcome outcome) {
    events_.on_retry(reply, outcome);
    PendingPush& front = stream.line().front();
    const bool ambiguous = reply.transport == Reply::Transport::Ambiguous ||
                           (reply.transport == Reply::Transport::Answered && reply.status >= 500);
    if (ambiguous) {
        front.doubt = Doubt::Own;
    }
    ++front.failures;
    postpone(stream);
    const base::SteadyTime now = clock_.steady();
    stream.failing_since = stream.failing_since.value_or(now);
    const bool may_be_size = reply.transport == Reply::Transport::Answered &&
                             (reply.status == 500 || reply.status == 429);
    if (may_be_size && front.failures >= kFailuresBeforeSplit && front.batch.size() > 1 &&
        front.batch.bytes() > kSmallestSplitBytes) {
        stream.split_front();
    }
    if (spool_ != nullptr && now - *stream.failing_since >= settings_.spool_after) {
        static_cast<void>(spool_stream(stream));
    }
}

void LokiExporter::rejected(OutgoingStream& stream, const Reply& reply) {
    if (refuses_metadata(reply) && !metadata_refused_) {
        metadata_refused_ = true;
        events_.on_metadata_refused();
        return;
    }
    auto& line = stream.line();
    const SealedBatch& batch = line.front().batch;
    const std::string_view reason =
        reply.status == 413 ? "too_large" : rejection_reason(reply.body);
    const Refused refused = refused_entries(batch, reason, reply.body);
    // Another writer, or a stream that we know less of than Loki does, is ahead of us; what is
    // behind even in a late stream has nowhere to go.
    const bool reroute = refused.behind > 0 && !stream.late;
    const std::size_t count = reroute ? refused.behind : refused.for_good + refused.behind;
    if (count == 0) {
        stream.split_front();  // to find the culprit; what was stored is deduplicated
        return;
    }
    const SealedBatch taken_out = batch.part(0, count);
    const SealedBatch rest = batch.part(count, batch.size());
    const bool wait = will_come_due(taken_out, reason);
    if (wait && stream.late) {
        postpone(stream);  // nothing but what is of the same hour waits behind it
        return;
    }
    if (reroute || wait) {
        make_late(stream, taken_out);
    } else if (reject_slots(stream, taken_out, reason, reply_text(reply))) {
        settle(stream, taken_out);
    } else {
        postpone(stream);
        return;
    }
    line.pop_front();
    if (rest.size() > 0) {
        line.push_front({rest, Doubt::None, 0});
    } else {
        finish_front(stream);
    }
}

void LokiExporter::make_late(OutgoingStream& stream, const SealedBatch& batch) {
    const bool from_memory = stream.unspooled.empty();
    const auto entries = decode_entries(batch.entries());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        OutgoingStream& late = late_stream_of(stream.labels, entries[i].timestamp_ns);
        if (late.open.empty()) {
            late.opened_at = clock_.steady();
        }
        const std::size_t before = late.open.bytes();
        late.open.add({entries[i].timestamp_ns, entries[i].line, entries[i].metadata,
                       from_memory ? batch.slots()[i].ticket : Ticket{}});
        in_flight_bytes_ += late.open.bytes() - before;
    }
    if (from_memory) {
        in_flight_bytes_ -= std::min(in_flight_bytes_, batch.bytes());
    }
    for (auto& [text, late] : streams_) {
        if (late->late && !late->open.empty()) {
            seal(*late);
        }
    }
}

bool LokiExporter::reject_slots(OutgoingStream& stream, const SealedBatch& batch,
                                std::string_view reason, std::string_view detail) {
    const auto entries = decode_entries(batch.entries());
    if (dead_letters_ != nullptr) {
        for (const auto& entry : entries) {
            if (auto kept = dead_letters_->add_rejected(stream.labels, entry, reason, detail);
                !kept) {
                events_.on_disk_trouble(kept.error().message);
                return false;
            }
        }
        if (auto synced = dead_letters_->sync(); !synced) {
            events_.on_disk_trouble(synced.error().message);
            return false;
        }
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
        events_.on_rejected(reason, detail);
    }
    return true;
}

bool LokiExporter::spool_stream(OutgoingStream& stream) {
    while (!stream.queue.empty()) {
        const SealedBatch& batch = stream.queue.front().batch;
        auto segment = spool_->add(stream.text, batch.entries());
        if (!segment) {
            events_.on_disk_trouble(segment.error().message);
            return false;
        }
        note_newest(stream, batch);
        if (stream.spool_first) {
            keep_origins(batch);
        }
        for (const auto& slot : batch.slots()) {
            settled_.push_back(slot.ticket);
        }
        in_flight_bytes_ -= std::min(in_flight_bytes_, batch.bytes());
        newest_sequence_ = segment->sequence;
        stream.spooled.push_back(std::move(*segment));
        stream.queue.pop_front();
    }
    return true;
}

void LokiExporter::spool_all() {
    flush();
    if (spool_ == nullptr) {
        return;
    }
    for (auto& [text, stream] : streams_) {
        static_cast<void>(spool_stream(*stream));
    }
}

std::map<std::string, std::int64_t> LokiExporter::high_water() const {
    std::map<std::string, std::int64_t> marks;
    std::int64_t limit = INT64_MAX;
    const std::int64_t margin = (settings_.late_after - kDisorder).count();
    for (const auto& [text, stream] : streams_) {
        // What was late before has to be late again, so it holds no mark back.
        if (const auto oldest = stream->oldest_unsettled_ns(); oldest && !stream->late) {
            limit = std::min(limit, std::min(*oldest, INT64_MAX - margin) + margin);
        }
    }
    for (const auto& [text, stream] : streams_) {
        if (stream->newest_settled_ns != OutgoingStream::kNone && !stream->late) {
            marks.emplace(text, std::min(limit, stream->newest_settled_ns));
        }
    }
    return marks;
}

void LokiExporter::restore_high_water(const std::map<std::string, std::int64_t>& marks) {
    for (const auto& [text, mark] : marks) {
        OutgoingStream& stream = stream_of(parse_stream_labels(text));
        stream.newest_added_ns = std::max(stream.newest_added_ns, mark);
        stream.newest_settled_ns = std::max(stream.newest_settled_ns, mark);
    }
}

}  // namespace exporter
