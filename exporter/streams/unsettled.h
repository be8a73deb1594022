// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "exporter/loki/batch.h"

namespace exporter {

/// The account of what was gathered and is not settled yet, in bytes, and of what has been settled
/// since that was last asked, in tickets. Not thread-safe.
class Unsettled {
public:
    void gathered(std::size_t bytes) { bytes_ += bytes; }

    /// Loki has it, or it lies fsynced on disk.
    void settle(const SealedBatch& batch) {
        for (const auto& slot : batch.slots()) {
            settled_.push_back(slot.ticket);
        }
        let_go(batch);
    }
    /// One that was never gathered.
    void settle(const Ticket& ticket) { settled_.push_back(ticket); }
    /// It was gathered a second time, for another stream.
    void let_go(const SealedBatch& batch) { bytes_ -= std::min(bytes_, batch.bytes()); }

    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::vector<Ticket> take_settled() { return std::exchange(settled_, {}); }

private:
    std::size_t bytes_ = 0;
    std::vector<Ticket> settled_;
};

}  // namespace exporter
