// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "bridge/daemon/telemetry.h"
#include "exporter/disk/dead_letters.h"
#include "exporter/streams/unsettled.h"
#include "tailer/tailer.h"

namespace bridge {

/// Unparsed lines on their way to the dead letters. They wait here while the disk does not take
/// them.
class LetterQueue {
public:
    /// The most bytes that may wait. Beyond that, files with more such lines are paused; the others
    /// are read on.
    static constexpr std::size_t kMostBytes = 256U << 10U;

    /// All arguments must outlive this object.
    LetterQueue(exporter::DeadLetters& letters, const base::Clock& clock, Telemetry& telemetry)
        : letters_(letters), clock_(clock), telemetry_(telemetry) {}

    [[nodiscard]] bool has_room(std::size_t bytes) const {
        return queue_.empty() || bytes_ + bytes <= kMostBytes;
    }
    void add(const tailer::UnparsedLine& line, const exporter::Ticket& ticket);
    [[nodiscard]] bool empty() const { return queue_.empty(); }

    using Written = std::function<void(const exporter::Ticket&)>;
    /// Writes what waits, unless that failed a moment ago. Calls `written` for each letter.
    void write(const Written& written);
    /// The same, even if it has just failed.
    void write_now(const Written& written);
    /// When to call write() again; max() if nothing waits.
    [[nodiscard]] base::SteadyTime due() const;

    /// Syncs what was written. A checkpoint may rely on it only then.
    [[nodiscard]] base::Result<void> sync();

private:
    struct Letter {
        std::string session;
        std::string text;
        std::string reason;
        exporter::Ticket ticket;
        [[nodiscard]] std::size_t bytes() const {
            return sizeof(Letter) + session.size() + text.size();
        }
    };
    exporter::DeadLetters& letters_;
    const base::Clock& clock_;
    Telemetry& telemetry_;
    std::deque<Letter> queue_;
    std::size_t bytes_ = 0;
    base::SteadyTime try_at_{};
    bool unsynced_ = false;
};

}  // namespace bridge
