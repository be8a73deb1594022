// SPDX-License-Identifier: MIT
#include "bridge/daemon/ack_ledger.h"

#include <algorithm>

namespace bridge {

void AckLedger::expect(std::uint64_t file, std::uint64_t position, tailer::LineCounts counts) {
    files_[file].lines.push_back({position, counts, false});
    ++open_;
}

std::vector<AckLedger::Line>::iterator AckLedger::find(Lines& of, std::uint64_t position) {
    constexpr std::size_t kClose = 8;
    auto& [lines, first, behind_last] = of;
    const std::size_t close = std::min(behind_last + kClose, lines.size());
    for (std::size_t i = std::max(first, behind_last); i < close; ++i) {
        if (lines[i].position == position) {
            return lines.begin() + static_cast<std::ptrdiff_t>(i);
        }
    }
    return std::ranges::lower_bound(lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end(),
                                    position, {}, &Line::position);
}

std::optional<AckLedger::Safe> AckLedger::settle(std::uint64_t file, std::uint64_t position) {
    const auto found = files_.find(file);
    if (found == files_.end()) {
        return std::nullopt;
    }
    auto& [lines, first, behind_last] = found->second;
    const auto line = find(found->second, position);
    if (line == lines.end() || line->position != position || line->settled) {
        return std::nullopt;
    }
    line->settled = true;
    behind_last = static_cast<std::size_t>(line - lines.begin()) + 1;
    --open_;
    std::optional<Safe> safe;
    while (first < lines.size() && lines[first].settled) {
        safe = {lines[first].position, lines[first].counts};
        ++first;
    }
    if (first == lines.size()) {
        files_.erase(found);
    } else if (first > lines.size() / 2) {
        lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(first));
        behind_last -= std::min(behind_last, first);
        first = 0;
    }
    return safe;
}

void AckLedger::forget(std::uint64_t file) {
    const auto found = files_.find(file);
    if (found != files_.end()) {
        open_ -= static_cast<std::size_t>(
            std::ranges::count(found->second.lines, false, &Line::settled));
        files_.erase(found);
    }
}

bool AckLedger::waits_for(std::uint64_t file) const { return files_.contains(file); }

bool AckLedger::waits_for(std::uint64_t file, std::uint64_t position) const {
    const auto found = files_.find(file);
    if (found == files_.end()) {
        return false;
    }
    const auto& lines = found->second.lines;
    const auto line = std::ranges::lower_bound(lines, position, {}, &Line::position);
    return line != lines.end() && line->position == position && !line->settled;
}

}  // namespace bridge
