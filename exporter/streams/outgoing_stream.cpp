// SPDX-License-Identifier: MIT
#include "exporter/streams/outgoing_stream.h"

#include <algorithm>

namespace exporter {

OutgoingStream::OutgoingStream(base::Labels its_labels, std::uint64_t bytes_per_second,
                               std::uint64_t seed)
    : labels(std::move(its_labels)),
      text(stream_labels_text(labels)),
      late(std::ranges::any_of(labels, [](const auto& label) { return label.first == "late"; })),
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

std::size_t OutgoingStream::gather(const Entry& entry, const base::Clock& clock) {
    if (open.empty()) {
        opened_at = clock.steady();
    }
    const std::size_t before = open.bytes();
    open.add(entry);
    return open.bytes() - before;
}

void OutgoingStream::seal() {
    const Doubt doubt = std::exchange(open_doubtful, false) ? Doubt::Predecessor : Doubt::None;
    queue.push_back({open.seal(), doubt, 0});
    to_spool = spool_first;
}

void OutgoingStream::split_front() {
    auto& front_line = line();
    const PendingPush whole = std::move(front_line.front());
    front_line.pop_front();
    const std::size_t half = whole.batch.size() / 2;
    front_line.push_front({whole.batch.part(half, whole.batch.size()), whole.doubt, 0});
    front_line.push_front({whole.batch.part(0, half), whole.doubt, 0});
}

}  // namespace exporter
