// SPDX-License-Identifier: MIT
#include "exporter/streams/doubt_resolver.h"

#include <algorithm>
#include <utility>

#include "base/nanoseconds.h"
#include "exporter/loki/read_back.h"

namespace exporter {
namespace {

/// How long, and how often, queries may fail while the server is there before pushes go on all the
/// same. Often as well: the minute may be one for which all stood still, a frozen container.
constexpr std::chrono::minutes kPatience{1};
constexpr int kFailures = 3;

}  // namespace

/// Whether to wait for an answer no longer. What fails for one stream alone may be its own: there
/// is too much of it for one answer.
bool DoubtResolver::in_vain(const OutgoingStream& stream) const {
    return failing_since_ && clock_.steady() - *failing_since_ >= kPatience &&
           failures_ >= kFailures &&
           (failing_streams_.size() > 1 || failing_streams_.contains(stream.text()));
}

DoubtResolver::Answer DoubtResolver::failed(const OutgoingStream& stream, base::SteadyTime asked,
                                            Reply reply) {
    retry_.failed(asked, clock_.steady());
    if (stream.front().doubt == Doubt::Barred) {
        events_.on_doubt_waits(reply);
    } else if (reply.transport != Reply::Transport::NotSent) {  // else it takes no push either
        failing_since_ = failing_since_.value_or(clock_.steady());
        ++failures_;
        failing_streams_.insert(stream.text());
        if (in_vain(stream)) {
            if (!looks(stream)) {
                say_unavailable(reply);
                return {};  // still in doubt: should the push fail, its next try asks again
            }
            first_look_->give_up();
            forget_failures();
        }
    }
    return {Answer::Kind::TryLater, {}, std::move(reply), {}};
}

void DoubtResolver::forget_failures() {
    failing_since_.reset();
    failures_ = 0;
    failing_streams_.clear();
}

void DoubtResolver::say_unavailable(const Reply& reply) {
    if (!std::exchange(said_unavailable_, true)) {
        events_.on_read_back_unavailable(reply);
    }
}

std::chrono::nanoseconds DoubtResolver::landing_time() const {
    return std::clamp<std::chrono::nanoseconds>(2 * slowest_push_, least_landing_,
                                                std::max(least_landing_, timeout_));
}

void DoubtResolver::push_answered(std::chrono::nanoseconds took) {
    // What was slow once is forgotten after some dozen pushes.
    slowest_push_ = std::max(took, slowest_push_ - slowest_push_ / 16);
}

void DoubtResolver::push_lost(OutgoingStream& stream) const {
    stream.turns.landed_by = clock_.steady() + landing_time();
}

/// A Loki that was wiped, or another one under the same address, shows nothing of an hour in which
/// it had stored something. Of what is older than some hours Loki may show nothing all the same,
/// until it is flushed.
void DoubtResolver::look_for_stored(OutgoingStream& stream) {
    constexpr std::chrono::minutes kBetweenLooks{10};  // a backlog asks at each of its batches
    constexpr std::int64_t kHourNs = 3600 * base::kNanosPerSecond;
    const std::int64_t age_ns = clock_.wall_ns() - std::max(stream.marks.stored_ns, INT64_MIN / 2);
    if (said_gone_ || clock_.steady() < look_at_ || age_ns < 0 || age_ns > 2 * kHourNs) {
        return;
    }
    look_at_ = clock_.steady() + kBetweenLooks;
    const Glimpse seen = glimpse(loki_, stream.asked_as(), stream.marks.stored_ns - kHourNs,
                                 stream.marks.stored_ns + base::kNanosPerMillisecond, timeout_);
    said_gone_ = seen.state == ReadBack::State::Known && !seen.any;
    if (said_gone_) {
        events_.on_stored_gone(stream.text());
    }
}

DoubtResolver::Answer DoubtResolver::ask(OutgoingStream& stream) {
    PendingPush& front = stream.front();
    if (front.doubt != Doubt::Predecessor) {
        stream.predecessors_rows = {};
    }
    const bool barred = front.doubt == Doubt::Barred;
    if (front.doubt == Doubt::None || (refused_ && !barred)) {
        return {};
    }
    const base::SteadyTime ask_at =
        std::max(stream.turns.landed_by, predecessor_landed_by_) + loki_.shows_after();
    if (clock_.steady() < ask_at) {
        return {Answer::Kind::Wait, {}, {}, ask_at};
    }
    if (fails()) {
        return barred || looks(stream) || !in_vain(stream)
                   ? Answer{Answer::Kind::Wait, {}, {}, retry_.next_try()}
                   : Answer{};
    }
    const base::SteadyTime asked = clock_.steady();
    if (looks(stream)) {
        if (auto reply = first_look_->ask(stream)) {
            return failed(stream, asked, std::move(*reply));
        }
        retry_.worked();
        forget_failures();
    }
    if (front.doubt == Doubt::Predecessor && first_look_ && first_look_->found_nothing_of(stream)) {
        front.doubt = Doubt::None;
        return {};
    }
    ReadBack answer =
        read_back(loki_, stream.asked_as(), front.batch, timeout_,
                  front.doubt == Doubt::Predecessor ? &stream.predecessors_rows : nullptr);
    if (answer.state == ReadBack::State::TryLater) {
        return failed(stream, asked, std::move(answer.reply));
    }
    retry_.worked();
    forget_failures();
    if (answer.state == ReadBack::State::Unavailable) {
        // A 400 concerns this batch alone: it may span more time than Loki lets a query span.
        refused_ = answer.reply.status != 400;
        say_unavailable(answer.reply);
        if (barred) {
            return {Answer::Kind::Never, {}, std::move(answer.reply), {}};
        }
        return {};  // still in doubt, as above
    }
    said_unavailable_ = false;
    front.doubt = Doubt::None;
    if (std::ranges::find(answer.stored, true) == answer.stored.end()) {
        look_for_stored(stream);
        return {};
    }
    return {Answer::Kind::Stored, std::move(answer.stored), std::move(answer.reply), {}};
}

}  // namespace exporter
