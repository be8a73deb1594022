// SPDX-License-Identifier: MIT
#include "exporter/loki_exporter.h"

#include <algorithm>
#include <optional>

#include "bridge/base/rfc3339.h"
#include "exporter/push_request.h"
#include "exporter/read_back.h"
#include "exporter/stream_labels.h"

namespace exporter {
namespace {

constexpr int kFailuresBeforeSplit = 4;
constexpr std::size_t kSmallestSplitBytes = 16U << 10U;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
/// Loki refuses what lies more than ten minutes ahead; a forged line of the year 2200 must not make
/// every true one look late.
constexpr std::int64_t kFurthestAheadNs = 3600 * kNanosPerSecond;

/// Loki's "oldest acceptable timestamp is: T" (whole seconds), if the body names one.
std::optional<std::int64_t> oldest_acceptable(std::string_view body) {
    constexpr std::string_view kPhrase = "oldest acceptable timestamp is: ";
    const std::size_t at = body.find(kPhrase);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    body.remove_prefix(at + kPhrase.size());
    const std::size_t end = body.find('Z');
    return end == std::string_view::npos ? std::nullopt
                                         : base::parse_rfc3339(body.substr(0, end + 1));
}

/// How much older than its batch's neighbours an entry may be: what the reader's merge allows.
constexpr std::chrono::minutes kDisorder{5};

/// Reasons that lie in the labels, and hence hold for every entry of the stream.
bool concerns_whole_stream(std::string_view reason) {
    return reason == "label_name_too_long" || reason == "label_value_too_long" ||
           reason == "max_label_names_per_series" || reason == "invalid_labels";
}

}  // namespace

/// Whether a batch may be stored already, so that Loki has to be asked before it is sent.
enum class LokiExporter::Doubt : std::uint8_t {
    None,
    Predecessor,  ///< an earlier process may have sent it
    Own,          ///< this process has, and got no clear answer
};

/// A batch in line, in memory.
struct LokiExporter::Pending {
    SealedBatch batch;
    Doubt doubt = Doubt::None;
    int failures = 0;
};

struct LokiExporter::Stream {
    Stream(base::Labels its_labels, const ExportSettings& settings, std::uint64_t seed)
        : labels(std::move(its_labels)),
          text(stream_labels_text(labels)),
          backoff(seed),
          pace(settings.stream_rate) {}

    [[nodiscard]] bool has_work() const { return !spooled.empty() || !queue.empty(); }

    base::Labels labels;
    std::string text;
    bool late = false;
    Batch open;
    base::SteadyTime opened_at{};
    bool open_doubtful = false;
    std::deque<Spool::Segment> spooled;  ///< older than the queue
    /// The oldest segment while it is being sent, or parts of it.
    std::deque<Pending> unspooled;
    std::deque<Pending> queue;
    std::int64_t newest_added_ns = INT64_MIN;
    std::int64_t newest_settled_ns = INT64_MIN;
    Backoff backoff;
    StreamPace pace;
    base::SteadyTime not_before{};
    std::optional<base::SteadyTime> failing_since;
    StoredRows predecessors_rows;

    [[nodiscard]] std::deque<Pending>& line() { return unspooled.empty() ? queue : unspooled; }
};

LokiExporter::LokiExporter(const ExportSettings& settings, const std::vector<base::Labels>& streams,
                           LokiApi& loki, const base::Clock& clock, ExporterEvents& events,
                           Spool* spool, DeadLetters* dead_letters, std::uint64_t jitter_seed)
    : settings_(settings),
      loki_(loki),
      clock_(clock),
      events_(events),
      spool_(spool),
      dead_letters_(dead_letters),
      jitter_seed_(jitter_seed) {
    for (const auto& labels : streams) {
        by_index_.push_back(&stream_of(labels));
    }
    if (spool_ != nullptr) {
        for (auto& segment : spool_->take_found()) {
            Stream& stream = stream_of(parse_stream_labels(segment.labels));
            newest_sequence_ = covered_sequence_ = std::max(newest_sequence_, segment.sequence);
            stream.spooled.push_back(std::move(segment));
        }
    }
}

LokiExporter::~LokiExporter() = default;

LokiExporter::Stream& LokiExporter::stream_of(const base::Labels& labels) {
    auto& slot = streams_[stream_labels_text(labels)];
    if (!slot) {
        slot = std::make_unique<Stream>(labels, settings_, jitter_seed_ + streams_.size());
        slot->late = std::ranges::any_of(
            labels, [](const auto& label) { return label.first == "late"; });
    }
    return *slot;
}

LokiExporter::Stream& LokiExporter::late_stream_of(const base::Labels& labels,
                                                   std::int64_t timestamp_ns) {
    std::string hour;
    base::append_rfc3339_nano(hour, timestamp_ns);
    hour.resize(std::string_view("2026-06-09T12").size());
    base::Labels late = labels;
    late.emplace_back("late", hour);
    std::ranges::sort(late);
    return stream_of(late);
}

void LokiExporter::set_doubtful(bool doubtful) {
    doubtful_ = doubtful;
    old_spool_ = {};
    if (doubtful_) {
        remember_old_spool();
    }
}

void LokiExporter::remember_old_spool() {
    for (const auto& [text, stream] : streams_) {
        for (const auto& segment : stream->spooled) {
            // What cannot be read now is not known here, and will be reported when it is to be sent.
            const std::string entries = spool_->load(segment).value_or("");
            for (const auto& entry : decode_entries(entries)) {
                old_spool_.insert(entry_hash(entry.timestamp_ns, entry.line));
            }
        }
    }
}

bool LokiExporter::in_old_spool(const Entry& entry) const {
    return !old_spool_.empty() &&
           old_spool_.contains(entry_hash(entry.timestamp_ns, entry.line));
}

bool LokiExporter::wants_checkpoint() const { return covered_sequence_ < newest_sequence_; }

void LokiExporter::add(std::size_t index, const Entry& entry) {
    if (in_old_spool(entry)) {
        settled_.push_back(entry.ticket);
        return;
    }
    Stream* stream = by_index_[index];
    const bool late =
        stream->newest_added_ns != INT64_MIN &&
        entry.timestamp_ns < stream->newest_added_ns - settings_.late_after.count();
    if (late) {
        stream = &late_stream_of(stream->labels, entry.timestamp_ns);
    }
    if (stream->open.empty()) {
        stream->opened_at = clock_.steady();
    }
    stream->open_doubtful = stream->open_doubtful || doubtful_;
    const std::size_t before = stream->open.bytes();
    stream->open.add(entry);
    in_flight_bytes_ += stream->open.bytes() - before;
    if (may_lead(entry.timestamp_ns)) {
        stream->newest_added_ns = std::max(stream->newest_added_ns, entry.timestamp_ns);
    }
    if (stream->open.bytes() >= settings_.batch_bytes) {
        seal(*stream);
    }
}

bool LokiExporter::may_lead(std::int64_t timestamp_ns) const {
    return timestamp_ns - kFurthestAheadNs <= clock_.wall_ns();
}

void LokiExporter::note_newest(Stream& stream, const SealedBatch& batch) const {
    for (const auto& slot : batch.slots()) {
        if (may_lead(slot.timestamp_ns)) {
            stream.newest_settled_ns = std::max(stream.newest_settled_ns, slot.timestamp_ns);
        }
    }
}

void LokiExporter::seal(Stream& stream) {
    const Doubt doubt =
        std::exchange(stream.open_doubtful, false) ? Doubt::Predecessor : Doubt::None;
    stream.queue.push_back({stream.open.seal(), doubt, 0});
    if (stream.late && spool_ != nullptr) {
        // Whether an entry is late depends on what came before it, so the verdict is made durable
        // before anything is sent: no restart can judge it anew.
        static_cast<void>(spool_stream(stream));
    }
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
    return std::ranges::none_of(streams_, [](const auto& entry) {
        const Stream& stream = *entry.second;
        return stream.has_work() || !stream.open.empty() || !stream.unspooled.empty();
    });
}

std::optional<std::int64_t> LokiExporter::oldest_unsettled_ns() const {
    std::optional<std::int64_t> oldest;
    const auto consider = [&oldest](std::optional<std::int64_t> timestamp_ns) {
        if (timestamp_ns && (!oldest || *timestamp_ns < *oldest)) {
            oldest = timestamp_ns;
        }
    };
    for (const auto& [text, stream] : streams_) {
        consider(stream->open.oldest_ns());
        if (!stream->queue.empty()) {
            consider(stream->queue.front().batch.slots().front().timestamp_ns);
        }
    }
    return oldest;
}

LokiExporter::Stream* LokiExporter::next_to_send(base::SteadyTime now,
                                                 base::SteadyTime& next_due) {
    Stream* chosen = nullptr;
    base::SteadyTime chosen_due{};
    for (auto& [text, stream] : streams_) {
        if (!stream->open.empty()) {
            next_due = std::min(next_due, stream->opened_at + settings_.batch_wait);
        }
        if (!may_send(*stream)) {
            continue;
        }
        const base::SteadyTime due = std::max(stream->not_before, stream->pace.next_push());
        // The stream that has been due longest goes first, so none starves.
        if (due <= now && (chosen == nullptr || due < chosen_due)) {
            chosen = stream.get();
            chosen_due = due;
        } else if (due > now) {
            next_due = std::min(next_due, due);
        }
    }
    return chosen;
}

bool LokiExporter::may_send(const Stream& stream) const {
    if (!stream.unspooled.empty()) {
        return true;
    }
    if (!stream.spooled.empty()) {
        return stream.spooled.front().sequence <= covered_sequence_;
    }
    return !stream.queue.empty();
}

base::SteadyTime LokiExporter::work() {
    const base::SteadyTime now = clock_.steady();
    seal_due(now);
    base::SteadyTime next_due = base::SteadyTime::max();
    Stream* stream = next_to_send(now, next_due);
    if (stream == nullptr) {
        return next_due;
    }
    send(*stream);
    return now;
}

bool LokiExporter::load_front(Stream& stream) {
    if (!stream.unspooled.empty() || stream.spooled.empty()) {
        return true;
    }
    const auto entries = spool_->load(stream.spooled.front());
    if (!entries) {
        events_.on_disk_trouble(entries.error().message);
        if (entries.error().code == 0) {
            stream.spooled.pop_front();  // damaged since it was written; left on disk to be looked at
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

void LokiExporter::send(Stream& stream) {
    if (stream.late && spool_ != nullptr && !stream.queue.empty()) {
        if (!spool_stream(stream)) {
            postpone(stream);
        }
        return;
    }
    if (!load_front(stream) || !resolve_doubt(stream)) {
        return;
    }
    const SealedBatch& batch = stream.line().front().batch;
    const std::string request =
        metadata_refused_ ? push_request(stream.text, without_metadata(batch.entries()))
                          : push_request(stream.text, batch.entries());
    const base::SteadyTime begun = clock_.steady();
    const Reply reply = loki_.push(snappy_block(request), settings_.push_timeout);
    events_.on_answer(reply, clock_.steady() - begun);
    handle(stream, reply);
}

bool LokiExporter::resolve_doubt(Stream& stream) {
    Pending& front = stream.line().front();
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
        retry(stream, answer.reply, Outcome::Retry);
        return false;
    }
    if (answer.state == ReadBack::State::Unavailable) {
        queries_refused_ = true;
        events_.on_read_back_unavailable(answer.reply);
        return true;
    }
    front.doubt = Doubt::None;
    std::vector<SealedBatch> missing;
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
            missing.push_back(std::move(run));
        }
        i = end;
    }
    auto& line = stream.line();
    line.pop_front();
    for (auto run = missing.rbegin(); run != missing.rend(); ++run) {
        line.push_front({std::move(*run), Doubt::None, 0});
    }
    if (missing.empty()) {
        finish_front(stream);
        return false;
    }
    return true;
}

void LokiExporter::handle(Stream& stream, const Reply& reply) {
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
                split_front(stream);
                return;
            }
            [[fallthrough]];
        case Outcome::Rejected:
            rejected(stream, reply);
            return;
    }
}

void LokiExporter::settle(Stream& stream, const SealedBatch& batch) {
    const bool from_memory = stream.unspooled.empty();
    if (from_memory) {
        for (const auto& slot : batch.slots()) {
            settled_.push_back(slot.ticket);
        }
        in_flight_bytes_ -= std::min(in_flight_bytes_, batch.bytes());
    }
}

void LokiExporter::stored(Stream& stream) {
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

void LokiExporter::finish_front(Stream& stream) {
    if (stream.unspooled.empty() && !stream.spooled.empty()) {
        spool_->remove(stream.spooled.front());
        stream.spooled.pop_front();
    }
}

void LokiExporter::postpone(Stream& stream) {
    stream.not_before = clock_.steady() + stream.backoff.next();
}

void LokiExporter::retry(Stream& stream, const Reply& reply, Outcome outcome) {
    events_.on_retry(reply, outcome);
    Pending& front = stream.line().front();
    const bool ambiguous =
        reply.transport == Reply::Transport::Ambiguous ||
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
        split_front(stream);
    }
    if (spool_ != nullptr && now - *stream.failing_since >= settings_.spool_after) {
        static_cast<void>(spool_stream(stream));
    }
}

void LokiExporter::split_front(Stream& stream) {
    auto& line = stream.line();
    const Pending whole = std::move(line.front());
    line.pop_front();
    const std::size_t half = whole.batch.size() / 2;
    line.push_front({whole.batch.part(half, whole.batch.size()), whole.doubt, 0});
    line.push_front({whole.batch.part(0, half), whole.doubt, 0});
}

void LokiExporter::rejected(Stream& stream, const Reply& reply) {
    if (refuses_metadata(reply) && !metadata_refused_) {
        metadata_refused_ = true;
        events_.on_metadata_refused();
        return;
    }
    auto& line = stream.line();
    const SealedBatch& batch = line.front().batch;
    const std::string_view reason =
        reply.status == 413 ? "too_large" : rejection_reason(reply.body);
    std::size_t culprits = 0;  // how many of the oldest entries are surely refused
    if (batch.size() == 1 || concerns_whole_stream(reason)) {
        culprits = batch.size();
    } else if (reason == "greater_than_max_sample_age") {
        // The server names its limit, which only moves forward.
        const auto limit = oldest_acceptable(reply.body);
        const auto first_fine = std::ranges::find_if(batch.slots(), [&](const auto& slot) {
            return !limit || slot.timestamp_ns >= *limit - kNanosPerSecond;
        });
        culprits = static_cast<std::size_t>(first_fine - batch.slots().begin());
    }
    if (reason == "too_far_behind" && !stream.late) {
        // Another writer, or a stream that we know less of than Loki does, is ahead of us.
        const auto limit = oldest_acceptable(reply.body);
        const auto first_fine = std::ranges::find_if(batch.slots(), [&](const auto& slot) {
            return limit && slot.timestamp_ns >= *limit;
        });
        const auto behind = static_cast<std::size_t>(first_fine - batch.slots().begin());
        if (behind > 0) {
            const SealedBatch rest = batch.part(behind, batch.size());
            make_late(stream, batch.part(0, behind));
            line.pop_front();
            if (rest.size() > 0) {
                line.push_front({rest, Doubt::None, 0});
            } else {
                finish_front(stream);
            }
            return;
        }
    }
    if (culprits == 0) {
        split_front(stream);  // to find the culprit; what was stored is deduplicated
        return;
    }
    const SealedBatch refused = batch.part(0, culprits);
    const SealedBatch rest = batch.part(culprits, batch.size());
    if (!reject_slots(stream, refused, reason, reply_text(reply))) {
        postpone(stream);
        return;
    }
    settle(stream, refused);
    line.pop_front();
    if (rest.size() > 0) {
        line.push_front({rest, Doubt::None, 0});
    } else {
        finish_front(stream);
    }
}

void LokiExporter::make_late(Stream& stream, const SealedBatch& batch) {
    const bool from_memory = stream.unspooled.empty();
    const auto entries = decode_entries(batch.entries());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        Stream& late = late_stream_of(stream.labels, entries[i].timestamp_ns);
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

bool LokiExporter::reject_slots(Stream& stream, const SealedBatch& batch, std::string_view reason,
                                std::string_view detail) {
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

bool LokiExporter::spool_stream(Stream& stream) {
    while (!stream.queue.empty()) {
        const SealedBatch& batch = stream.queue.front().batch;
        auto segment = spool_->add(stream.text, batch.entries());
        if (!segment) {
            events_.on_disk_trouble(segment.error().message);
            return false;
        }
        note_newest(stream, batch);
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
    if (const auto oldest = oldest_unsettled_ns()) {
        limit = *oldest + (settings_.late_after - kDisorder).count();
    }
    for (const auto& [text, stream] : streams_) {
        if (stream->newest_settled_ns != INT64_MIN && !stream->late) {
            marks.emplace(text, std::min(limit, stream->newest_settled_ns));
        }
    }
    return marks;
}

void LokiExporter::restore_high_water(const std::map<std::string, std::int64_t>& marks) {
    for (const auto& [text, mark] : marks) {
        Stream& stream = stream_of(parse_stream_labels(text));
        stream.newest_added_ns = std::max(stream.newest_added_ns, mark);
        stream.newest_settled_ns = std::max(stream.newest_settled_ns, mark);
    }
}

}  // namespace exporter
