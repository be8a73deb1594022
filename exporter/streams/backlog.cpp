// SPDX-License-Identifier: MIT
#include "exporter/streams/backlog.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "exporter/loki/push_request.h"
#include "exporter/loki/stream_labels.h"

namespace exporter {
namespace {

bool may_be_of(const base::Labels& own, const base::Labels& labels) {
    return own.empty() || std::ranges::all_of(labels, [&own](const base::Label& label) {
               return is_of_the_entry(label.first) || std::ranges::find(own, label) != own.end();
           });
}

SealedBatch batch_of(std::string_view entries) {
    Batch batch;
    for (const auto& entry : decode_entries(entries)) {
        batch.add({entry.timestamp_ns, entry.line, entry.metadata, {}});
    }
    return batch.seal();
}

}  // namespace

Backlog::Backlog(Spool* spool, OutgoingStreams& streams, ExporterEvents& events,
                 const ExportSettings& settings, const Resume& resume)
    : spool_(spool), streams_(streams), events_(events), late_after_(settings.late_after) {
    if (!there()) {
        return;
    }
    const std::vector<Spool::Segment>& named = resume.segments;
    newest_sequence_ = resume.newest_segment;
    std::vector<Spool::Segment> found = spool_->take_found();
    for (auto& segment : spool_->take_unreadable()) {
        const auto known = std::ranges::find(named, segment.sequence, &Spool::Segment::sequence);
        if (known == named.end()) {
            // The checkpoint is not past its lines.
            spool_->set_aside(segment);
            continue;
        }
        segment.labels = known->labels;
        segment.holds = known->holds;
        found.push_back(std::move(segment));
    }
    std::ranges::sort(found, {}, &Spool::Segment::sequence);
    for (const auto& segment : named) {
        // The checkpoint can tell logs apart of which the segment alone only has the name.
        const auto its_own =
            std::ranges::lower_bound(found, segment.sequence, {}, &Spool::Segment::sequence);
        if (its_own != found.end() && its_own->sequence == segment.sequence) {
            its_own->holds = segment.holds;
        }
        newest_sequence_ = std::max(newest_sequence_, segment.sequence);
        if (!std::ranges::binary_search(found, segment.sequence, {}, &Spool::Segment::sequence)) {
            lose(segment, "it was damaged, or removed, since it was written");
        }
    }
    for (auto& segment : found) {
        const base::Labels labels = parse_stream_labels(segment.labels);
        if (!may_be_of(settings.own_labels, labels)) {
            foreign_.push_back(segment.labels);
            continue;
        }
        newest_sequence_ = std::max(newest_sequence_, segment.sequence);
        streams_.of(labels).add_segment(std::move(segment));
    }
    covered_sequence_ = newest_sequence_;
    // What the checkpoint says of a number must not come to be said of another segment.
    spool_->number_after(newest_sequence_);
}

bool Backlog::has_share_left(const OutgoingStream& stream) const {
    constexpr std::uint64_t kShare = 4;
    const std::uint64_t left = spool_->max_bytes() - std::min(spool_->max_bytes(), spool_->bytes());
    return stream.segments().empty() || stream.bytes_on_disk() <= kShare * left;
}

bool Backlog::add(OutgoingStream& stream, const PendingPush& pending) {
    if (!has_share_left(stream)) {
        events_.on_disk_trouble("the stream " + stream.text() + " has its share of the spool");
        return false;
    }
    const SealedBatch& batch = pending.batch;
    return take(stream, spool_->add(stream.text(), batch.entries(), batch.slots()),
                pending.doubt == Doubt::None && !pending.pushed);
}

bool Backlog::move_to(OutgoingStream& stream, const SealedBatch& batch) {
    return take(stream, spool_->add_moved(stream.text(), batch.entries()), false);
}

bool Backlog::take(OutgoingStream& stream, base::Result<Spool::Segment> segment, bool unsent) {
    if (!segment) {
        events_.on_disk_trouble(segment.error().message);
        return false;
    }
    newest_sequence_ = segment->sequence;
    // A killed process may have moved an entry to its late stream, and been killed before the
    // segment that it came from was gone: it is moved once more.
    stream.add_segment(std::move(*segment), unsent && !stream.is_late());
    return true;
}

Backlog::Front Backlog::load_front(OutgoingStream& stream, std::size_t most_bytes,
                                   base::SteadyTime now) {
    if (!stream.sends_from_memory() || stream.segments().empty()) {
        return Front::Ready;
    }
    const auto entries = spool_->load(stream.segments().front());
    if (!entries) {
        if (stream.unread.tries_again(entries.error().code, now)) {
            events_.on_segment_unread(entries.error().message);
            return Front::TryLater;
        }
        stream.unread = {};
        spool_->set_aside(stream.segments().front());
        lose(stream.take_segment(), entries.error().message);
        return Front::Lost;
    }
    stream.unread = {};
    SealedBatch batch = batch_of(*entries);
    const std::size_t count = stream.is_unsent(0) ? join_behind(stream, most_bytes, batch) : 1;
    stream.load_segments(std::move(batch), count);
    return Front::Ready;
}

/// Adds to the oldest segment's batch what those behind it hold, as far as it fits and was never
/// sent. Of how many it is then.
std::size_t Backlog::join_behind(const OutgoingStream& stream, std::size_t most_bytes,
                                 SealedBatch& batch) const {
    // To what is half full most of the others would be read in vain.
    const std::size_t enough = most_bytes / 2;
    const auto& segments = stream.segments();
    Batch joined;
    if (!joined.add(batch, enough, late_after_)) {
        return 1;
    }
    std::size_t count = 1;
    while (count < segments.size() && segments[count].sequence <= covered_sequence_ &&
           stream.is_unsent(count) && joined.bytes() <= enough) {
        const auto entries = spool_->load(segments[count]);
        if (!entries || !joined.add(batch_of(*entries), most_bytes, late_after_)) {
            break;  // its own turn will come
        }
        ++count;
    }
    batch = joined.seal();
    return count;
}

void Backlog::replace_front(OutgoingStream& stream, std::vector<PendingPush> parts) {
    const bool of_segment = !stream.sends_from_memory();
    stream.replace_front(std::move(parts));
    if (of_segment && stream.sends_from_memory()) {
        for (auto& segment : stream.take_loaded_segments()) {
            unnamed_.push_back(segment.sequence);
            done_.push_back(std::move(segment));
        }
    }
}

void Backlog::lose(Spool::Segment segment, std::string_view cause) {
    std::uint64_t entries = 0;
    for (const Holding& holding : segment.holds) {
        const auto numbers = Numbers::parse(holding.numbers);
        entries += numbers ? numbers->count() : 0;
    }
    events_.on_segment_lost(cause, entries);
    lost_.push_back(std::move(segment));
}

std::vector<Spool::Segment> Backlog::take_lost() {
    return {lost_.begin() + static_cast<std::ptrdiff_t>(std::exchange(taken_, lost_.size())),
            lost_.end()};
}

void Backlog::account_for(std::uint64_t lost_sequence) {
    taken_ -= std::erase_if(lost_, [lost_sequence](const Spool::Segment& segment) {
        return segment.sequence == lost_sequence;
    });
    unnamed_.push_back(lost_sequence);
}

void Backlog::for_each_named(const std::function<void(const Spool::Segment&)>& visit) const {
    std::ranges::for_each(lost_, visit);
    for (const auto& [text, stream] : streams_) {
        std::ranges::for_each(stream.segments(), visit);
    }
}

void Backlog::for_each_unsaved(const std::function<void(const Spool::Segment&)>& visit) const {
    for_each_named([&](const Spool::Segment& segment) {
        if (segment.sequence > covered_sequence_) {
            visit(segment);
        }
    });
}

std::uint64_t Backlog::done_bytes() const {
    std::uint64_t bytes = 0;
    for (const Spool::Segment& segment : done_) {
        bytes += segment.disk_bytes;
    }
    return bytes;
}

void Backlog::checkpoint_saved() {
    covered_sequence_ = newest_sequence_;
    unnamed_.clear();
    remove_done();
}

void Backlog::remove_done() {
    for (const Spool::Segment& segment : std::exchange(done_, {})) {
        spool_->remove(segment);
    }
}

void Backlog::visit_newer(std::uint64_t sequence,
                          const std::function<void(std::string_view entries)>& visit) {
    for (const auto& [text, stream] : streams_) {
        for (const auto& segment : stream.segments()) {
            if (segment.sequence > sequence) {
                // What cannot be read now will be reported when it is to be sent.
                visit(spool_->load(segment).value_or(""));
            }
        }
    }
}

}  // namespace exporter
