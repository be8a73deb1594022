// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "bridge/process/signals.h"
#include "bridge/summary/output.h"
#include "bridge/summary/reader.h"

namespace bridge {

/// What a followed summary is made of; all must outlive it.
struct SummaryFollower {
    SummaryReader& reader;
    SummaryOutput& output;
    const BlockedSignals& signals;        ///< SIGWINCH draws anew, SIGTSTP pauses, others end it
    int fd = -1;                          ///< what `output` writes to
    bool partial = false;                 ///< shows what is read so far, too
    std::function<std::string()> text;    ///< of what the reader has
    std::function<void()> after_reading;  ///< called after each round
};

/// Shows a summary anew while its logs grow, twice a second at most; until a signal comes or nobody
/// reads any more.
[[nodiscard]] base::Result<void> follow_summary(const SummaryFollower& parts);

}  // namespace bridge
