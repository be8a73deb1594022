// SPDX-License-Identifier: MIT
#include "exporter/streams/outgoing_stream.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/rfc3339.h"

namespace exporter {

namespace {

/// The end of the hour that a label `late` names.
std::int64_t hour_end_of(const base::Labels& labels) {
    for (const auto& [name, value] : labels) {
        if (name == "late") {
            const auto begin_ns = base::parse_rfc3339(value + ":00:00Z");
            return begin_ns ? base::add_saturated(*begin_ns, 3600 * base::kNanosPerSecond)
                            : OutgoingStream::kNone;
        }
    }
    return OutgoingStream::kNone;
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

OutgoingStream::OutgoingStream(base::Labels its_labels, std::uint64_t bytes_per_second,
                               std::uint64_t seed)
    : labels(std::move(its_labels)),
      text(stream_labels_text(labels)),
      asked_as(without_late(labels)),
      late(std::ranges::any_of(labels, [](const auto& label) { return label.first == "late"; })),
      hour_end_ns(hour_end_of(labels)),
      spool_first(late),
      backoff(seed),
      pace(bytes_per_second) {}

bool OutgoingStream::may_send(std::uint64_t covered_sequence) const {
    if (!unspooled.empty()) {
        return true;
    }
    if (!spooled.empty()) {
        return spooled.front().sequence <= covered_sequence;
    }
    return !queue.empty();
}

std::optional<std::int64_t> OutgoingStream::oldest_unsettled_ns() const {
    std::optional<std::int64_t> oldest = open.oldest_ns();
    for (const auto& pending : queue) {
        const std::int64_t its_oldest = pending.batch.slots().front().timestamp_ns;
        oldest = oldest ? std::min(*oldest, its_oldest) : its_oldest;
    }
    return oldest;
}

std::size_t OutgoingStream::bytes_in_memory() const {
    std::size_t bytes = open.bytes();
    for (const auto& pending : queue) {
        bytes += pending.batch.bytes();
    }
    return bytes;
}

std::uint64_t OutgoingStream::bytes_on_disk() const {
    std::uint64_t bytes = 0;
    for (const auto& segment : spooled) {
        bytes += segment.disk_bytes;
    }
    return bytes;
}

std::optional<std::int64_t> OutgoingStream::waits_since_ns(std::int64_t wall_ns,
                                                           base::SteadyTime steady) const {
    std::optional<std::int64_t> since = oldest_unsettled_ns();
    if (since) {
        // Batches stand in the order in which they were gathered.
        const base::SteadyTime first = queue.empty() ? opened_at : queue.front().gathered_at;
        const std::chrono::nanoseconds waited = steady - first;
        since = std::min(*since, wall_ns - waited.count());
    }
    return since;
}

std::size_t OutgoingStream::gather(const Entry& entry, const base::Clock& clock) {
    if (open.empty()) {
        opened_at = clock.steady();
    }
    const std::size_t before = open.bytes();
    open.add(entry);
    return open.bytes() - before;
}

void OutgoingStream::seal() {
    queue.push_back({open.seal(), std::exchange(open_doubt, Doubt::None), 0, opened_at});
    to_spool = spool_first;
}

void OutgoingStream::cut_front(std::size_t most_bytes) {
    while (most_bytes > 0 && line().front().batch.bytes() > most_bytes &&
           line().front().batch.size() > 1) {
        split_front();
    }
}

void OutgoingStream::split_front() {
    auto& front_line = line();
    const PendingPush whole = std::move(front_line.front());
    front_line.pop_front();
    const std::size_t half = whole.batch.size() / 2;
    const base::SteadyTime at = whole.gathered_at;
    front_line.push_front({whole.batch.part(half, whole.batch.size()), whole.doubt, 0, at});
    front_line.push_front({whole.batch.part(0, half), whole.doubt, 0, at});
}

}  // namespace exporter
