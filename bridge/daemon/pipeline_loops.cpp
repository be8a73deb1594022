// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>

#include <malloc.h>
#include <poll.h>

#include "bridge/daemon/pipeline.h"

// The loops around Pipeline::step(): until a signal, until all is delivered, and to the end.

namespace bridge {
namespace {

using std::chrono::milliseconds;

/// What a request that hung before the end leaves of it for reading.
constexpr milliseconds kLeastToRead{500};
/// Writes that follow each other closely are read together.
constexpr milliseconds kGather{20};

}  // namespace

void Pipeline::stop() {
    stopped_at_ = parts_.clock.steady();
    stopping_ = true;
    wakeup_.notify();
}

void Pipeline::wait_until(base::SteadyTime due) const {
    std::array<pollfd, 2> fds = {pollfd{wakeup_.fd(), POLLIN, 0},
                                 pollfd{parts_.tailer.wait_fd(), POLLIN, 0}};
    const auto wait = [&](base::SteadyTime until, ::nfds_t of_fds) {
        const auto left = std::chrono::ceil<milliseconds>(until - parts_.clock.steady()).count();
        const milliseconds longest = parts_.tailer.rescan_every();
        const auto timeout = std::clamp<std::int64_t>(left, 0, longest.count());
        ::poll(fds.data(), of_fds, static_cast<int>(timeout));
    };
    const base::SteadyTime gathered = std::min(due, read_at_ + kGather);
    if (gathered > parts_.clock.steady()) {
        wait(gathered, 1);  // whatever is written until then
    }
    if (!stopping_) {
        wait(due, fds.size());
    }
}

void Pipeline::begin() {
    // Before the first push there must be a checkpoint that says: this run has begun and has not
    // ended in order. Its successor then asks Loki what was stored.
    parts_.tailer.look(true);
    scanned_at_ = parts_.clock.steady();
    parts_.on_rescan();
    checkpoint_.save();
    ::malloc_trim(0);  // a large checkpoint was read, and is not needed any more
}

void Pipeline::follow() {
    begin();
    while (!stopping_) {
        const base::SteadyTime due = step();
        if (due > parts_.clock.steady()) {
            wait_until(due);
        }
    }
}

bool Pipeline::deliver(const std::function<bool()>& give_up) {
    parts_.tailer.look(false);
    checkpoint_.save();
    bool flushed = false;
    while (!stopping_) {
        base::SteadyTime due = step();
        if (!parts_.tailer.has_more() && (!letters_ || letters_->empty())) {
            if (!flushed) {
                parts_.exporter.flush();
                flushed = true;
                continue;
            }
            if (parts_.exporter.idle() && ledger_.open() == 0 && recovery_.idle()) {
                checkpoint_.save_clean();
                return true;
            }
        }
        if (give_up()) {
            break;
        }
        if (due > parts_.clock.steady()) {
            wait_until(std::min(due, parts_.clock.steady() + milliseconds(500)));
        }
    }
    return false;
}

void Pipeline::pause_until(base::SteadyTime due) const {
    const auto left = std::chrono::ceil<milliseconds>(due - parts_.clock.steady()).count();
    if (left > 0) {
        ::poll(nullptr, 0, static_cast<int>(left));
    }
}

void Pipeline::read_rest(base::SteadyTime deadline) {
    if (parts_.clock.steady() >= deadline) {
        return;
    }
    // What was written right before the signal may be gone at the next start: /tmp does not outlive
    // a pod.
    parts_.tailer.look(parts_.tailer.polls());
    while (parts_.tailer.has_more() && parts_.clock.steady() < deadline) {
        pause_until(std::min(step(), deadline));
    }
}

void Pipeline::rescue() {
    try {
        parts_.exporter.hold(false);
        parts_.exporter.spool_all();
        take_settled();
        checkpoint_.save();
    } catch (const std::exception& trouble) {
        // What is in neither is read from the logs again.
        parts_.log.error("cannot spool what was in memory", {{"cause", trouble.what()}});
    }
}

bool Pipeline::drain(milliseconds limit) {
    const base::SteadyTime now = parts_.clock.steady();
    const base::SteadyTime deadline = std::min(now, stopped_at_.load()) + limit;
    // Who writes on and on does not keep the rest from being sent.
    read_rest(std::max(deadline - limit / 2, now + std::min(kLeastToRead, limit / 2)));
    reports_.report_losses();
    recovery_.report_losses();
    if (checkpoint_.lacks_files()) {
        checkpoint_.save();
    }
    parts_.exporter.hold(false);
    parts_.exporter.flush();
    while (!parts_.exporter.idle()) {
        const base::SteadyTime due = parts_.exporter.work();
        take_settled();
        if (parts_.clock.steady() >= deadline || due >= deadline) {
            break;
        }
        pause_until(due);
    }
    parts_.exporter.spool_all();
    take_settled();
    if (letters_) {
        letters_->write_now([this](const auto& ticket) { settle(ticket); });
    }
    recovery_.work(false);
    const bool settled = ledger_.open() == 0;
    // Lines that a killed predecessor may have sent and that were not read yet are still in doubt.
    if (settled && !parts_.exporter.doubtful()) {
        checkpoint_.save_clean();
    } else {
        checkpoint_.save();
    }
    observe();
    parts_.heartbeat.end(parts_.telemetry.health(),
                         std::chrono::floor<milliseconds>(deadline - parts_.clock.steady()));
    return settled;
}

}  // namespace bridge
