// SPDX-License-Identifier: MIT
#include "bridge/daemon/letter_queue.h"

#include <chrono>

namespace bridge {

void LetterQueue::add(const tailer::UnparsedLine& line, const exporter::Ticket& ticket) {
    queue_.push_back(
        {std::string(line.session), std::string(line.text), std::string(line.reason), ticket});
    bytes_ += queue_.back().bytes();
}

void LetterQueue::write(const Written& written) {
    constexpr std::chrono::seconds kRetry{5};
    if (clock_.steady() < try_at_) {
        return;
    }
    for (; !queue_.empty(); queue_.pop_front()) {
        const Letter& letter = queue_.front();
        const auto kept = letters_.add_unparsed(letter.session, letter.text, letter.reason);
        if (!kept) {
            telemetry_.on_disk_trouble(kept.error().message);
            try_at_ = clock_.steady() + kRetry;
            return;
        }
        unsynced_ = true;
        bytes_ -= letter.bytes();
        written(letter.ticket);
    }
}

void LetterQueue::write_now(const Written& written) {
    try_at_ = {};
    write(written);
}

base::SteadyTime LetterQueue::due() const {
    return queue_.empty() ? base::SteadyTime::max() : try_at_;
}

base::Result<void> LetterQueue::sync() {
    base::Result<void> synced;
    if (unsynced_) {
        synced = letters_.sync();
        unsynced_ = !synced;
    }
    return synced;
}

}  // namespace bridge
