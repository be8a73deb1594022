// SPDX-License-Identifier: MIT
#include "exporter/streams/backlog.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "exporter/loki/push_request.h"
#include "exporter/loki/stream_labels.h"

namespace exporter {
namespace {

/// Labels that differ from entry to entry of one workspace.
constexpr std::array<std::string_view, 3> kOfTheEntry = {"decision", "tool", "late"};

bool may_be_of(const base::Labels& own, const base::Labels& labels) {
    return own.empty() || std::ranges::all_of(labels, [&own](const base::Label& label) {
               return std::ranges::find(kOfTheEntry, label.first) != kOfTheEntry.end() ||
                      std::ranges::find(own, label) != own.end();
           });
}

}  // namespace

Backlog::Backlog(Spool* spool, OutgoingStreams& streams, ExporterEvents& events,
                 const base::Labels& own)
    : spool_(spool), streams_(streams), events_(events) {
    if (!there()) {
        return;
    }
    for (auto& segment : spool_->take_found()) {
        const base::Labels labels = parse_stream_labels(segment.labels);
        if (!may_be_of(own, labels)) {
            foreign_.push_back(segment.labels);
            continue;
        }
        newest_sequence_ = std::max(newest_sequence_, segment.sequence);
        streams_.of(labels).spooled.push_back(std::move(segment));
    }
    covered_sequence_ = newest_sequence_;
}

bool Backlog::has_share_left(const OutgoingStream& stream) const {
    constexpr std::uint64_t kShare = 4;
    const std::uint64_t left = spool_->max_bytes() - std::min(spool_->max_bytes(), spool_->bytes());
    return stream.spooled.empty() || stream.bytes_on_disk() <= kShare * left;
}

bool Backlog::add(OutgoingStream& stream, const SealedBatch& batch) {
    if (!has_share_left(stream)) {
        events_.on_disk_trouble("the stream " + stream.text + " has its share of the spool");
        return false;
    }
    return take(stream, spool_->add(stream.text, batch.entries()));
}

bool Backlog::move_to(OutgoingStream& stream, const SealedBatch& batch) {
    return take(stream, spool_->add_moved(stream.text, batch.entries()));
}

bool Backlog::take(OutgoingStream& stream, base::Result<Spool::Segment> segment) {
    if (!segment) {
        events_.on_disk_trouble(segment.error().message);
        return false;
    }
    newest_sequence_ = segment->sequence;
    stream.spooled.push_back(std::move(*segment));
    return true;
}

Backlog::Front Backlog::load_front(OutgoingStream& stream) {
    if (!stream.unspooled.empty() || stream.spooled.empty()) {
        return Front::Ready;
    }
    const auto entries = spool_->load(stream.spooled.front());
    if (!entries) {
        events_.on_disk_trouble(entries.error().message);
        if (entries.error().code != 0 && entries.error().code != ENOENT) {
            return Front::TryLater;
        }
        // Damaged or removed since it was written: there is nothing to wait for.
        spool_->set_aside(stream.spooled.front());
        stream.spooled.pop_front();
        return Front::Dropped;
    }
    Batch batch;
    for (const auto& entry : decode_entries(*entries)) {
        batch.add({entry.timestamp_ns, entry.line, entry.metadata, {}});
    }
    // Whether an earlier try got through is unknown here, so the first look is at Loki.
    stream.unspooled.push_back({batch.seal(), Doubt::Own, 0});
    return Front::Ready;
}

void Backlog::finish_front(OutgoingStream& stream) {
    if (stream.unspooled.empty() && !stream.spooled.empty()) {
        spool_->remove(stream.spooled.front());
        stream.spooled.pop_front();
    }
}

void Backlog::visit_newer(std::uint64_t sequence,
                          const std::function<void(std::string_view entries)>& visit) {
    for (const auto& [text, stream] : streams_) {
        for (const auto& segment : stream.spooled) {
            if (segment.sequence > sequence) {
                // What cannot be read now will be reported when it is to be sent.
                visit(spool_->load(segment).value_or(""));
            }
        }
    }
}

}  // namespace exporter
