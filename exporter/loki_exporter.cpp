// SPDX-License-Identifier: MIT
#include "exporter/loki_exporter.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/nanoseconds.h"

namespace exporter {

LokiExporter::LokiExporter(const ExportSettings& settings, const std::vector<base::Labels>& streams,
                           LokiApi& loki, const base::Clock& clock, ExporterEvents& events,
                           Spool* spool, DeadLetters* dead_letters, std::uint64_t jitter_seed,
                           const Resume& resume)
    : settings_(settings),
      clock_(clock),
      events_(events),
      streams_(settings.stream_rate, settings.most_late_streams, jitter_seed, events_),
      backlog_(spool, streams_, events_, settings, resume),
      refusals_(streams_, backlog_, unsettled_, dead_letters, clock, events_, settings.batch_bytes,
                settings.late_after),
      doubts_(loki, clock, events_, settings.push_timeout, settings.least_landing, jitter_seed + 2),
      lead_limit_(clock),
      delivery_(settings_, loki, clock, events_, backlog_, unsettled_, refusals_, doubts_,
                lead_limit_, jitter_seed),
      doubtful_(resume.predecessor != Resume::Predecessor::Settled),
      origins_(settings.unstable_metadata) {
    for (const auto& labels : streams) {
        add_stream(labels);
    }
    streams_.restore_high_water(resume.high_water);
    if (doubtful_) {
        inherit_origins(resume);
    }
    if (resume.predecessor == Resume::Predecessor::MayHaveSent && resume.high_water.empty()) {
        doubts_.nothing_is_known(streams_);
    }
    // Up to its end it may have tried to push what it left in the spool, however orderly that was.
    if (resume.predecessor == Resume::Predecessor::Killed || !streams_.idle() ||
        backlog_.lost() > 0) {
        doubts_.predecessor_lost();
    }
}

void LokiExporter::end_doubt() {
    doubtful_ = false;
    origins_.forget_inherited();
}

void LokiExporter::inherit_origins(const Resume& resume) {
    for (const std::uint64_t origin : resume.origins) {
        origins_.inherit(origin);
    }
    // The checkpoint says nothing yet of what was spooled after it.
    backlog_.visit_newer(resume.newest_segment, [this](std::string_view entries) {
        for (const auto& entry : decode_entries(entries)) {
            origins_.inherit(origins_.origin_of(entry.timestamp_ns, entry.metadata));
        }
    });
}

void LokiExporter::keep_origins(const SealedBatch& batch) {
    const auto entries = decode_entries(batch.entries());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        origins_.keep(batch.slots()[i].ticket,
                      origins_.origin_of(entries[i].timestamp_ns, entries[i].metadata));
    }
}

bool LokiExporter::wants_checkpoint() const {
    return backlog_.wants_checkpoint() || due_while_held_;
}

void LokiExporter::add(OutgoingStream& stream, const Entry& entry) {
    if (origins_.knows_any()) {
        const std::uint64_t origin = origins_.origin_of(entry.timestamp_ns, entry.metadata);
        if (origins_.knows(origin)) {
            origins_.keep(entry.ticket, origin);
            unsettled_.settle(entry.ticket);
            return;
        }
    }
    const auto [target, ahead] = target_of(stream, entry.timestamp_ns);
    if (ahead && streams_.bytes_ahead(clock_.wall_ns()) > settings_.most_bytes_ahead &&
        refusals_.set_aside(*target, entry)) {
        return;
    }
    gather(*target, entry, doubtful_ ? Doubt::Predecessor : Doubt::None);
}

void LokiExporter::add_again(const base::Labels& stream, const Entry& entry) {
    gather(streams_.of(stream), entry, Doubt::Own);
}

void LokiExporter::gather(OutgoingStream& stream, const Entry& entry, Doubt doubt) {
    if (stream.open().span_with(entry.timestamp_ns) >
        static_cast<std::uint64_t>(settings_.late_after.count())) {
        // Sent a second time, a batch must not lie too far behind what Loki stored of it the first
        // time.
        stream.seal();
    }
    unsettled_.gathered(stream.gather(entry, doubt, clock_));
    if (lead_limit_.allows(entry.timestamp_ns)) {
        stream.marks.add(entry.timestamp_ns);
    }
    if (stream.open().bytes() >= settings_.batch_bytes) {
        stream.seal();
    }
}

LokiExporter::Target LokiExporter::target_of(OutgoingStream& its_stream,
                                             std::int64_t timestamp_ns) {
    OutgoingStream* stream = &its_stream;
    const std::int64_t late_after = settings_.late_after.count();
    const bool late =
        timestamp_ns < std::max(stream->marks.added_ns, INT64_MIN + late_after) - late_after;
    // A forged line of the year 2200 must not make every true one look late, nor be what Loki
    // refuses a batch of others for.
    const bool ahead = !lead_limit_.allows(timestamp_ns);
    // What a killed process sent as late it had spooled before, so it would be known by its origin.
    // What is not may lie in this very stream, and would come to lie in another one, too.
    const bool may_lie_here = doubtful_ && backlog_.there();
    if ((late && !may_lie_here) || ahead) {
        stream = &streams_.late_sibling(stream->labels(), timestamp_ns);
    }
    return {stream, ahead};
}

bool LokiExporter::has_room(std::size_t index, std::int64_t timestamp_ns, std::size_t share) {
    const std::size_t all = unsettled_.bytes();
    if (index >= by_index_.size() || all < share) {
        return true;
    }
    return all < 2 * share &&
           target_of(*by_index_[index], timestamp_ns).stream->bytes_in_memory() < 2 * share - all;
}

/// Whether something was there to be spooled.
bool LokiExporter::spool_sealed() {
    if (!backlog_.there()) {
        return false;
    }
    bool any = false;
    for (auto& [text, stream] : streams_) {
        if (stream.wants_spool()) {
            any = true;
            if (!held_) {
                stream.spool_tried();
                static_cast<void>(spool_stream(stream));
            }
        }
    }
    return any;
}

void LokiExporter::seal_due(base::SteadyTime now) {
    for (auto& [text, stream] : streams_) {
        if (now - stream.opened_at() >= settings_.batch_wait) {
            stream.seal();
        }
    }
}

void LokiExporter::flush() {
    for (auto& [text, stream] : streams_) {
        stream.seal();
    }
}

OutgoingStream* LokiExporter::next_to_send(base::SteadyTime now, base::SteadyTime& next_due) {
    OutgoingStream* chosen = nullptr;
    for (auto& [text, stream] : streams_) {
        if (!stream.open().empty()) {
            next_due = std::min(next_due, stream.opened_at() + settings_.batch_wait);
        }
        if (!backlog_.may_send(stream)) {
            continue;
        }
        const base::SteadyTime due = delivery_.next_push(stream);
        if (due > now) {
            next_due = std::min(next_due, due);
        } else if (chosen == nullptr || stream.turns.last < chosen->turns.last) {
            chosen = &stream;  // they take turns, so none starves
        }
    }
    return chosen;
}

base::SteadyTime LokiExporter::work() {
    const base::SteadyTime now = clock_.steady();
    refusals_.settle_set_aside();
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
    stream->turns.last = ++turns_;
    send(*stream);
    return now;
}

void LokiExporter::send(OutgoingStream& stream) {
    if (stream.spools_first() && backlog_.there() && !spool_stream(stream) &&
        stream.segments().empty()) {
        stream.turns.postpone(clock_);
        return;
    }
    if (!backlog_.may_send(stream)) {
        return;  // the segment that was just written waits for a checkpoint
    }
    // No more than Loki takes at once: it would be cut again.
    const std::size_t limit = delivery_.largest_push(stream);
    const std::size_t most =
        limit > 0 ? std::min(limit, settings_.batch_bytes) : settings_.batch_bytes;
    stream.join_oldest_sealed(most, settings_.late_after);
    switch (backlog_.load_front(stream, most, clock_.steady())) {
        case Backlog::Front::Ready:
            break;
        case Backlog::Front::TryLater:
            stream.turns.postpone(clock_);
            return;
        case Backlog::Front::Lost:
            return;
    }
    if (!delivery_.send(stream)) {
        spool_failing(stream);
    }
}

/// What one stream's try shows of a limit, or of questions, it shows for all that wait for those.
void LokiExporter::spool_failing(OutgoingStream& failed) {
    const base::SteadyTime now = clock_.steady();
    failed.turns.failing_since = failed.turns.failing_since.value_or(now);
    if (!backlog_.there()) {
        return;
    }
    for (auto& [text, stream] : streams_) {
        const PendingPush* oldest = stream.oldest_sealed();
        const bool held_up =
            oldest != nullptr &&
            (delivery_.is_limited(stream) || (doubts_.fails() && oldest->doubt != Doubt::None));
        if (oldest == nullptr || (&stream != &failed && !held_up)) {
            continue;
        }
        const base::SteadyTime since = stream.turns.failing_since.value_or(oldest->gathered_at);
        if (now - since >= settings_.spool_after) {
            static_cast<void>(spool_stream(stream));  // or it has its share, and the others go on
        }
    }
}

bool LokiExporter::spool_stream(OutgoingStream& stream) {
    while (stream.oldest_sealed() != nullptr) {
        stream.join_oldest_sealed(settings_.batch_bytes, settings_.late_after);
        const PendingPush* oldest = stream.oldest_sealed();
        if (!backlog_.add(stream, *oldest)) {
            return false;
        }
        const SealedBatch& batch = oldest->batch;
        stream.marks.settle(lead_limit_.newest_of(batch));
        if (stream.spools_first()) {
            keep_origins(batch);
        }
        unsettled_.settle(batch);
        stream.drop_oldest_sealed();
    }
    return true;
}

void LokiExporter::spool_all() {
    flush();
    refusals_.settle_set_aside();
    if (!backlog_.there()) {
        return;
    }
    for (auto& [text, stream] : streams_) {
        static_cast<void>(spool_stream(stream));
    }
}

}  // namespace exporter
