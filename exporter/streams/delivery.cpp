// SPDX-License-Identifier: MIT
#include "exporter/streams/delivery.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace exporter {
namespace {

constexpr int kFailuresBeforeSplit = 4;
/// Refusals in a row for a rate limit that are a failure: some seconds' worth.
constexpr int kTrouble = 5;
constexpr std::size_t kSmallestSplitBytes = 16U << 10U;

/// Whether nothing of the push can be stored: it never left, or Loki refused it for what the tenant
/// has, before it looked at an entry. (Of several ingesters one may have had room for the stream.
/// It keeps what comes again once, as far as its head block of 256 KiB reaches.)
bool never_arrived(const Reply& reply) {
    if (reply.transport == Reply::Transport::NotSent || is_stream_limit(reply)) {
        return true;
    }
    const auto limit = reply.status == 429 ? told_limit(reply.body) : std::nullopt;
    return limit && !limit->per_stream;
}

}  // namespace

base::SteadyTime Delivery::next_push(const OutgoingStream& stream) const {
    const base::SteadyTime due =
        std::max({stream.turns.next_push(), tenant_pace_.next_push(), tenant_retry_.next_try()});
    return stream.turns.awaits_room ? std::max(due, room_.next_try()) : due;
}

std::size_t Delivery::largest_push(const OutgoingStream& stream) const {
    const std::size_t of_tenant = tenant_pace_.largest_push();
    const std::size_t of_stream = stream.turns.limited.largest_push();
    return of_tenant == 0 || of_stream == 0 ? std::max(of_tenant, of_stream)
                                            : std::min(of_tenant, of_stream);
}

bool Delivery::is_limited(const OutgoingStream& stream) const {
    return stream.turns.awaits_room || tenant_pace_.refusals() >= kTrouble;
}

bool Delivery::send(OutgoingStream& stream) {
    const DoubtResolver::Answer answer = doubts_.ask(stream);
    switch (answer.kind) {
        case DoubtResolver::Answer::Kind::Send:
            break;
        case DoubtResolver::Answer::Kind::Stored:
            found_room(stream);
            if (!take_out(stream, answer.stored)) {
                return true;
            }
            break;
        case DoubtResolver::Answer::Kind::Wait:
            stream.turns.not_before = answer.ask_at;
            return true;
        case DoubtResolver::Answer::Kind::TryLater:
            return retry(stream, answer.reply, Outcome::Retry);
        case DoubtResolver::Answer::Kind::Never:
            refusals_.keep_in_doubt(stream);
            return true;
    }
    if (!refusals_.move_behind(stream)) {
        return true;
    }
    stream.cut_front(largest_push(stream));
    return handle(stream, push(stream));
}

Reply Delivery::push(OutgoingStream& stream) {
    const SealedBatch& batch = stream.front().batch;
    const std::string_view body =
        refusals_.metadata_refused()
            ? push_body_.of(stream.text(), without_metadata(batch.entries()))
            : push_body_.of(stream.text(), batch.entries());
    const base::SteadyTime begun = clock_.steady();
    Reply reply = loki_.push(body, settings_.push_timeout);
    const auto took = clock_.steady() - begun;
    events_.on_answer(reply, took);
    if (reply.transport == Reply::Transport::Answered) {
        doubts_.push_answered(took);
    }
    stream.front().pushed = stream.front().pushed || !never_arrived(reply);
    return reply;
}

/// Settles those slots of the batch in front that Loki has. Whether others are left to send.
bool Delivery::take_out(OutgoingStream& stream, const std::vector<bool>& stored) {
    const PendingPush& front = stream.front();
    std::vector<PendingPush> missing;
    for (std::size_t i = 0; i < stored.size();) {
        std::size_t end = i;
        while (end < stored.size() && stored[end] == stored[i]) {
            ++end;
        }
        SealedBatch run = front.batch.part(i, end);
        if (stored[i]) {
            events_.on_stored(run.size(), run.bytes());
            note_stored(stream, run);
            settle(stream, run);
        } else {
            missing.push_back({std::move(run), Doubt::None, front.failures, front.gathered_at});
        }
        i = end;
    }
    const bool any_missing = !missing.empty();
    backlog_.replace_front(stream, std::move(missing));
    return any_missing;
}

bool Delivery::handle(OutgoingStream& stream, const Reply& reply) {
    const Outcome outcome = classify(reply);
    switch (outcome) {
        case Outcome::Stored:
            stored(stream);
            return true;
        case Outcome::Retry:
        case Outcome::Hold:
            if (is_ambiguous(reply)) {
                stream.front().doubt = Doubt::Own;
                doubts_.push_lost(stream);
            }
            return retry(stream, reply, outcome);
        case Outcome::TooLarge:
            if (stream.front().batch.size() > 1) {
                stream.split_front();
                return true;
            }
            if (!is_lokis_own(reply.body)) {
                return retry(stream, reply, Outcome::Hold);
            }
            [[fallthrough]];
        case Outcome::Rejected:
            refusals_.handle(stream, reply);
            return true;
    }
    return true;
}

void Delivery::settle(const OutgoingStream& stream, const SealedBatch& batch) {
    if (stream.sends_from_memory()) {
        unsettled_.settle(batch);
    }
}

void Delivery::note_stored(OutgoingStream& stream, const SealedBatch& batch) {
    stream.marks.settle(lead_limit_.newest_of(batch));
    stream.marks.store(batch.slots().back().timestamp_ns);
}

void Delivery::stored(OutgoingStream& stream) {
    const SealedBatch& batch = stream.front().batch;
    events_.on_stored(batch.size(), batch.bytes());
    for (LimitedPace* pace : {&tenant_pace_, &stream.turns.limited}) {
        pace->pushed(batch.bytes(), clock_.steady());
    }
    stream.turns.pace.pushed(batch.bytes(), clock_.steady());
    note_stored(stream, batch);
    settle(stream, batch);
    backlog_.replace_front(stream, {});
    stream.turns.backoff.reset();
    stream.turns.failing_since.reset();
    tenant_retry_.worked();
    found_room(stream);
}

/// Refused for now, and there is nothing wrong with it. Only if that goes on and on it is a
/// failure.
bool Delivery::slow_down(OutgoingStream& stream, const Reply& reply, const ToldLimit& limit) {
    LimitedPace& pace = limit.per_stream ? stream.turns.limited : tenant_pace_;
    if (limit.per_stream) {
        stream.front().doubt = Doubt::Own;  // where it does not shard streams, Loki takes what fits
    }
    const base::SteadyTime now = clock_.steady();
    pace.refused(limit.bytes_per_second, stream.front().batch.bytes(), now);
    if (pace.shares_limit() && limit.per_stream) {
        stream.turns.postpone(clock_);
    } else if (pace.shares_limit()) {
        tenant_retry_.refused(now);
    }
    if (pace.refusals() < kTrouble) {
        events_.on_limited(reply);
        return true;
    }
    events_.on_retry(reply, Outcome::Retry);
    return false;
}

void Delivery::wait_for_room(OutgoingStream& stream, const Reply& reply) {
    events_.on_limited(reply);
    const bool waited = std::exchange(stream.turns.awaits_room, true);
    room_.refused(!waited, clock_.steady());
}

void Delivery::found_room(OutgoingStream& stream) {
    if (std::exchange(stream.turns.awaits_room, false)) {
        room_.taken();
    }
}

bool Delivery::retry(OutgoingStream& stream, const Reply& reply, Outcome outcome) {
    if (is_stream_limit(reply)) {
        wait_for_room(stream, reply);
        return false;
    }
    const auto limit = reply.status == 429 ? told_limit(reply.body) : std::nullopt;
    if (limit) {
        return slow_down(stream, reply, *limit);
    }
    events_.on_retry(reply, outcome);
    if (outcome == Outcome::Hold) {
        doubts_.push_was_held();
    }
    PendingPush& front = stream.front();
    ++front.failures;
    stream.turns.postpone(clock_);
    const bool may_be_size = reply.transport == Reply::Transport::Answered &&
                             (reply.status == 500 || reply.status == 429);
    if (may_be_size && front.failures >= kFailuresBeforeSplit && front.batch.size() > 1 &&
        front.batch.bytes() > kSmallestSplitBytes) {
        stream.split_front();
    }
    return false;
}

}  // namespace exporter
