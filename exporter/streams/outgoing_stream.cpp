// SPDX-License-Identifier: MIT
#include "exporter/streams/outgoing_stream.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>

#include "base/rfc3339.h"

namespace exporter {

namespace {

/// The end of the hour that a label `late` names.
std::int64_t hour_end_of(const base::Labels& labels) {
    for (const auto& [name, value] : labels) {
        if (name == "late") {
            const auto begin_ns = base::parse_rfc3339(value + ":00:00Z");
            return begin_ns ? base::add_saturated(*begin_ns, 3600 * base::kNanosPerSecond)
                            : StreamMarks::kNone;
        }
    }
    return StreamMarks::kNone;
}

std::string without_late(base::Labels labels) {
    std::erase_if(labels, [](const base::Label& label) { return label.first == "late"; });
    return stream_labels_text(labels);
}

}  // namespace

bool Unread::tries_again(int code, base::SteadyTime now) {
    constexpr std::chrono::minutes kPatience{1};
    constexpr int kTries = 5;  // the minute may be one for which all stood still
    if (code == 0 || code == ENOENT) {
        return false;
    }
    if (code == EMFILE || code == ENFILE || code == ENOMEM) {
        return true;  // it is not the segment that is in trouble
    }
    since_ = since_.value_or(now);
    return ++tries_ < kTries || now - *since_ < kPatience;
}

OutgoingStream::OutgoingStream(base::Labels labels, std::uint64_t bytes_per_second,
                               std::uint64_t seed)
    : turns{Backoff(seed), StreamPace(bytes_per_second)},
      labels_(std::move(labels)),
      text_(stream_labels_text(labels_)),
      asked_as_(without_late(labels_)),
      late_(std::ranges::any_of(labels_, [](const auto& label) { return label.first == "late"; })),
      hour_end_ns_(hour_end_of(labels_)),
      spools_first_(late_) {}

std::size_t OutgoingStream::bytes_in_memory() const {
    std::size_t bytes = open_.bytes();
    for (const auto& pending : queue_) {
        bytes += pending.batch.bytes();
    }
    return bytes;
}

std::uint64_t OutgoingStream::bytes_on_disk() const {
    std::uint64_t bytes = 0;
    for (const auto& segment : segments_) {
        bytes += segment.disk_bytes;
    }
    return bytes;
}

std::size_t OutgoingStream::barred_entries() const {
    std::size_t entries = 0;
    for (const auto* pushes : {&queue_, &loaded_}) {
        for (const auto& pending : *pushes) {
            entries += pending.doubt == Doubt::Barred ? pending.batch.size() : 0;
        }
    }
    return entries;
}

std::optional<std::int64_t> OutgoingStream::waits_since_ns(std::int64_t wall_ns,
                                                           base::SteadyTime steady) const {
    std::optional<std::int64_t> since = oldest_unsettled_ns();
    if (since) {
        // Batches stand in the order in which they were gathered.
        const base::SteadyTime first = queue_.empty() ? opened_at_ : queue_.front().gathered_at;
        const std::chrono::nanoseconds waited = steady - first;
        since = std::min(*since, wall_ns - waited.count());
    }
    return since;
}

std::optional<std::int64_t> OutgoingStream::oldest_unsettled_ns() const {
    std::optional<std::int64_t> oldest = open_.oldest_ns();
    for (const auto& pending : queue_) {
        const std::int64_t its_oldest = pending.batch.slots().front().timestamp_ns;
        oldest = oldest ? std::min(*oldest, its_oldest) : its_oldest;
    }
    return oldest;
}

std::size_t OutgoingStream::gather(const Entry& entry, Doubt doubt, const base::Clock& clock) {
    if (open_.empty()) {
        opened_at_ = clock.steady();
    }
    open_doubt_ = std::max(open_doubt_, doubt);
    spools_first_ = spools_first_ || entry.may_change;
    const std::size_t before = open_.bytes();
    open_.add(entry);
    return open_.bytes() - before;
}

void OutgoingStream::seal() {
    if (!open_.empty()) {
        queue_.push_back({open_.seal(), std::exchange(open_doubt_, Doubt::None), 0, opened_at_});
        wants_spool_ = spools_first_;
    }
}

void OutgoingStream::join_oldest_sealed(std::size_t most_bytes,
                                        std::chrono::nanoseconds longest_span) {
    const auto untried = [](const PendingPush& pending) {
        return pending.doubt == Doubt::None && !pending.pushed && pending.failures == 0;
    };
    if (late_ || queue_.size() < 2 || !untried(queue_[1]) ||
        queue_[0].batch.bytes() + queue_[1].batch.bytes() > most_bytes) {
        return;  // mostly; nothing was copied
    }
    Batch joined;
    std::size_t count = 0;
    while (count < queue_.size() && untried(queue_[count]) &&
           (count == 0 || queue_[count].gathered_at != queue_[count - 1].gathered_at) &&
           joined.add(queue_[count].batch, most_bytes, longest_span)) {
        ++count;
    }
    if (count > 1) {
        queue_.front().batch = joined.seal();
        queue_.erase(queue_.begin() + 1, queue_.begin() + static_cast<std::ptrdiff_t>(count));
    }
}

bool OutgoingStream::may_send(std::uint64_t covered_sequence) const {
    if (!loaded_.empty()) {
        return true;
    }
    if (!segments_.empty()) {
        return segments_.front().sequence <= covered_sequence;
    }
    return !queue_.empty();
}

void OutgoingStream::replace_front(std::vector<PendingPush> parts) {
    auto& line = front_line();
    line.pop_front();
    line.insert(line.begin(), std::make_move_iterator(parts.begin()),
                std::make_move_iterator(parts.end()));
}

void OutgoingStream::split_front() {
    const PendingPush whole = front();
    const std::size_t half = whole.batch.size() / 2;
    const base::SteadyTime at = whole.gathered_at;
    replace_front({{whole.batch.part(0, half), whole.doubt, 0, at, whole.pushed},
                   {whole.batch.part(half, whole.batch.size()), whole.doubt, 0, at, whole.pushed}});
}

void OutgoingStream::cut_front(std::size_t most_bytes) {
    while (most_bytes > 0 && front().batch.bytes() > most_bytes && front().batch.size() > 1) {
        split_front();
    }
}

bool OutgoingStream::more_of_front_follows() const {
    const auto& line = sends_from_memory() ? queue_ : loaded_;
    return line.size() > 1 && line[1].gathered_at == line.front().gathered_at;
}

void OutgoingStream::add_segment(Spool::Segment segment, bool unsent) {
    if (unsent) {
        unsent_.insert(segment.sequence);
    }
    segments_.push_back(std::move(segment));
}

Spool::Segment OutgoingStream::take_segment() {
    Spool::Segment oldest = std::move(segments_.front());
    segments_.pop_front();
    unsent_.erase(oldest.sequence);
    return oldest;
}

std::vector<Spool::Segment> OutgoingStream::take_loaded_segments() {
    std::vector<Spool::Segment> taken;
    for (; loaded_segments_ > 0; --loaded_segments_) {
        taken.push_back(take_segment());
    }
    return taken;
}

void OutgoingStream::load_segments(SealedBatch batch, std::size_t count) {
    const bool unsent = is_unsent(0);
    for (std::size_t i = 0; i < count; ++i) {
        unsent_.erase(segments_[i].sequence);
    }
    loaded_segments_ = count;
    loaded_entries_ = batch.size();
    loaded_.push_back({std::move(batch), unsent ? Doubt::None : Doubt::Own});
}

void OutgoingStream::unload_segments() {
    if (loaded_.size() == 1 && loaded_.front().batch.size() == loaded_entries_) {
        loaded_.clear();
        loaded_segments_ = 0;
    }
}

}  // namespace exporter
