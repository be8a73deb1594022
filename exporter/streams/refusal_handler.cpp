// SPDX-License-Identifier: MIT
#include "exporter/streams/refusal_handler.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/nanoseconds.h"
#include "exporter/loki/push_request.h"

namespace exporter {
namespace {

/// What is refused for being too new, yet no newer than this, is tried again until its time comes:
/// a clock that was set wrong is no reason to lose a decision.
constexpr std::int64_t kLongestWaitNs = 3600 * base::kNanosPerSecond;

}  // namespace

void RefusalHandler::handle(OutgoingStream& stream, const Reply& reply) {
    if (refuses_metadata(reply) && !metadata_refused_) {
        metadata_refused_ = true;
        events_.on_metadata_refused();
        return;
    }
    PendingPush& front = stream.front();
    const SealedBatch& batch = front.batch;
    const std::string_view reason =
        reply.status == 413 ? "too_large" : rejection_reason(reply.body);
    look_at_clock(stream, reason, reply);
    const Refused refused = refused_part(batch, reason, reply);
    // Another writer, or a stream that we know less of than Loki does, is ahead of us; what is
    // behind even in a late stream has nowhere to go.
    const bool reroute = refused.behind > 0 && !stream.is_late();
    const std::size_t count = reroute ? refused.behind : refused.for_good + refused.behind;
    stream.turns.landed_by = clock_.steady();  // what was not refused
    if (count == 0) {
        front.doubt = Doubt::Own;
        stream.split_front();  // to find the culprit
        return;
    }
    const SealedBatch taken_out = batch.part(0, count);
    const SealedBatch rest = batch.part(count, batch.size());
    if (front.doubt != Doubt::None && depends_on_time(reason)) {
        std::vector<PendingPush> parts = {{taken_out, Doubt::Barred, 0, front.gathered_at}};
        if (rest.size() > 0) {
            parts.push_back({rest, Doubt::Own, 0, front.gathered_at});
        }
        stream.replace_front(std::move(parts));
        return;
    }
    const bool wait = will_come_due(stream, taken_out, reason);
    if (wait && stream.is_late()) {
        wait_for_time_to_come(stream);  // nothing but what is of the same hour is behind it
        return;
    }
    if (reroute || wait) {
        if (!make_late(stream, taken_out)) {
            try_again(stream);
            return;
        }
    } else if (!keep_as_dead_letters(stream, taken_out, reason, reply_text(reply))) {
        try_again(stream);
        return;
    } else if (stream.sends_from_memory()) {
        unsettled_.settle(taken_out);
    }
    leave_in_front(stream, rest, Doubt::Own);
}

/// All of a batch of which Loki may have stored what it did not refuse.
void RefusalHandler::try_again(OutgoingStream& stream) const {
    stream.front().doubt = Doubt::Own;
    stream.turns.postpone(clock_);
}

bool RefusalHandler::move_behind(OutgoingStream& stream) {
    const PendingPush& front = stream.front();
    if (front.doubt != Doubt::None || stream.is_late() ||
        stream.marks.stored_ns == StreamMarks::kNone) {
        return true;
    }
    const std::int64_t oldest_ns =
        base::add_saturated(stream.marks.stored_ns, -late_after_.count());
    const auto& slots = front.batch.slots();
    const auto on_time =
        std::ranges::lower_bound(slots, oldest_ns, {}, &SealedBatch::Slot::timestamp_ns);
    const auto behind = static_cast<std::size_t>(on_time - slots.begin());
    if (behind == 0) {
        return true;
    }
    if (make_late(stream, front.batch.part(0, behind))) {
        leave_in_front(stream, front.batch.part(behind, slots.size()), Doubt::None);
    } else {
        stream.turns.postpone(clock_);
    }
    return false;
}

/// A clock that is set right meanwhile makes the time come sooner, so it is tried now and then.
void RefusalHandler::wait_for_time_to_come(OutgoingStream& stream) const {
    constexpr std::chrono::seconds kLongest{60};
    const std::int64_t taken_ns = clock_.wall_ns() + kFurthestAheadNs;
    const std::chrono::nanoseconds left(stream.front().batch.slots().front().timestamp_ns -
                                        taken_ns);
    stream.turns.postpone(clock_);
    stream.turns.not_before =
        std::max(stream.turns.not_before,
                 clock_.steady() + std::chrono::duration_cast<base::SteadyTime::duration>(
                                       std::min<std::chrono::nanoseconds>(left, kLongest)));
    stream.unload_segments();
}

bool RefusalHandler::set_aside(const OutgoingStream& stream, const Entry& entry) {
    constexpr std::string_view kReason = "too_far_in_future";
    constexpr std::string_view kDetail = "too many of them wait for their time to come";
    if (dead_letters_ == nullptr) {
        return false;
    }
    const DecodedEntry decoded{
        entry.timestamp_ns, entry.line, {entry.metadata.begin(), entry.metadata.end()}};
    if (auto kept = dead_letters_->add_rejected(stream.labels(), decoded, kReason, kDetail);
        !kept) {
        events_.on_disk_trouble(kept.error().message);
        return false;
    }
    events_.on_rejected(kReason, kDetail);
    set_aside_.push_back(entry.ticket);
    return true;
}

void RefusalHandler::settle_set_aside() {
    if (set_aside_.empty()) {
        return;
    }
    if (auto synced = dead_letters_->sync(); !synced) {
        events_.on_disk_trouble(synced.error().message);
        return;
    }
    for (const Ticket& ticket : std::exchange(set_aside_, {})) {
        unsettled_.settle(ticket);
    }
}

void RefusalHandler::keep_in_doubt(OutgoingStream& stream) {
    const SealedBatch batch = stream.front().batch;
    if (!keep_as_dead_letters(stream, batch, "in_doubt",
                              "Loki may have it, takes it no more, and may not be asked")) {
        stream.turns.postpone(clock_);
        return;
    }
    if (stream.sends_from_memory()) {
        unsettled_.settle(batch);
    }
    leave_in_front(stream, {}, Doubt::None);
}

void RefusalHandler::leave_in_front(OutgoingStream& stream, const SealedBatch& rest, Doubt doubt) {
    std::vector<PendingPush> parts;
    if (rest.size() > 0) {
        parts.push_back({rest, doubt, 0, stream.front().gathered_at});
    }
    backlog_.replace_front(stream, std::move(parts));
}

/// Stamps ahead of what Loki takes come in batches of their own, which it refuses as a whole.
Refused RefusalHandler::refused_part(const SealedBatch& batch, std::string_view reason,
                                     const Reply& reply) const {
    if (reason == "too_far_in_future") {
        const std::int64_t now_ns =
            reply.server_time ? (*reply.server_time + 1) * base::kNanosPerSecond : clock_.wall_ns();
        if (batch.slots().front().timestamp_ns > now_ns + kFurthestAheadNs) {
            return {batch.size(), 0};
        }
    }
    return refused_entries(batch, reason, reply.body);
}

void RefusalHandler::look_at_clock(OutgoingStream& stream, std::string_view reason,
                                   const Reply& reply) {
    furthest_clock_ns_ = std::max(furthest_clock_ns_, clock_.wall_ns());
    if (reason == "too_far_in_future" && reply.server_time) {
        // Ours runs ahead. What is stamped by the right one must not look late beside this.
        const std::int64_t limit_ns =
            (*reply.server_time + 1) * base::kNanosPerSecond + kFurthestAheadNs;
        stream.marks.limit(limit_ns);
    }
}

/// What a clock that is wrong has stamped waits as well, once that is right: the latest that it
/// has shown counts, or did when the segment was written.
bool RefusalHandler::will_come_due(const OutgoingStream& stream, const SealedBatch& batch,
                                   std::string_view reason) const {
    const bool on_disk = !stream.sends_from_memory() && !stream.segments().empty();
    const std::int64_t clock_ns =
        std::max(furthest_clock_ns_, on_disk ? stream.segments().front().written_ns : INT64_MIN);
    const std::int64_t limit_ns = clock_ns + kLongestWaitNs;
    return reason == "too_far_in_future" &&
           batch.slots().front().timestamp_ns <= limit_ns;  // the others come later
}

bool RefusalHandler::make_late(OutgoingStream& stream, const SealedBatch& batch) {
    if (!stream.sends_from_memory()) {
        return make_late_on_disk(stream, batch);
    }
    make_late_in_memory(stream, batch);
    return true;
}

void RefusalHandler::make_late_in_memory(OutgoingStream& stream, const SealedBatch& batch) {
    const auto entries = decode_entries(batch.entries());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        OutgoingStream& late = streams_.late_sibling(stream.labels(), entries[i].timestamp_ns);
        unsettled_.gathered(late.gather({entries[i].timestamp_ns, entries[i].line,
                                         entries[i].metadata, batch.slots()[i].ticket},
                                        Doubt::None, clock_));
        if (late.open().bytes() >= batch_bytes_) {
            late.seal();
        }
    }
    unsettled_.let_go(batch);
    // Of one batch they may come in halves of halves: each sealed for itself would be a segment of
    // one entry.
    if (stream.more_of_front_follows()) {
        return;
    }
    for (auto& [text, late] : streams_) {
        if (late.is_late()) {
            late.seal();
        }
    }
}

/// Its entries were settled when the segment was written, so none may be in memory alone. Should
/// the disk take some of them only, Loki is asked about those when they come a second time.
bool RefusalHandler::make_late_on_disk(const OutgoingStream& stream, const SealedBatch& batch) {
    OutgoingStream* late = nullptr;
    Batch of_one_hour;
    const auto move = [&] {
        return late == nullptr || backlog_.move_to(*late, of_one_hour.seal());
    };
    for (const auto& entry : decode_entries(batch.entries())) {
        OutgoingStream& its_own = streams_.late_sibling(stream.labels(), entry.timestamp_ns);
        if (&its_own != late) {
            if (!move()) {
                return false;
            }
            late = &its_own;
        }
        of_one_hour.add({entry.timestamp_ns, entry.line, entry.metadata, {}});
    }
    return move();
}

bool RefusalHandler::keep_as_dead_letters(const OutgoingStream& stream, const SealedBatch& batch,
                                          std::string_view reason, std::string_view detail) {
    if (dead_letters_ != nullptr) {
        for (const auto& entry : decode_entries(batch.entries())) {
            if (auto kept = dead_letters_->add_rejected(stream.labels(), entry, reason, detail);
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
    for (std::size_t i = 0; i < batch.size(); ++i) {
        events_.on_rejected(reason, detail);
    }
    return true;
}

}  // namespace exporter
