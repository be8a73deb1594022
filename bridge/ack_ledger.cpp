// SPDX-License-Identifier: MIT
#include "bridge/ack_ledger.h"

#include <algorithm>

namespace bridge {

void AckLedger::expect(std::uint64_t file, std::uint64_t position) {
    files_[file].lines.push_back({position, false});
    ++open_;
}

bool AckLedger::settle(std::uint64_t file, std::uint64_t position) {
    const auto found = files_.find(file);
    if (found == files_.end()) {
        return false;
    }
    auto& [lines, safe] = found->second;
    const auto line = std::ranges::lower_bound(lines, position, {}, &Line::position);
    if (line == lines.end() || line->position != position || line->settled) {
        return false;
    }
    line->settled = true;
    --open_;
    bool moved = false;
    while (!lines.empty() && lines.front().settled) {
        safe = lines.front().position;
        lines.pop_front();
        moved = true;
    }
    return moved;
}

std::optional<std::uint64_t> AckLedger::safe_offset(std::uint64_t file) const {
    const auto found = files_.find(file);
    return found == files_.end() ? std::nullopt : found->second.safe;
}

void AckLedger::forget(std::uint64_t file) {
    const auto found = files_.find(file);
    if (found != files_.end()) {
        open_ -= static_cast<std::size_t>(
            std::ranges::count(found->second.lines, false, &Line::settled));
        files_.erase(found);
    }
}

bool AckLedger::waits_for(std::uint64_t file) const {
    const auto found = files_.find(file);
    return found != files_.end() && !found->second.lines.empty();
}

}  // namespace bridge
