// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "bridge/console/log.h"
#include "bridge/console/reminders.h"
#include "exporter/loki/push_outcome.h"
#include "tailer/files/known_files.h"

namespace bridge {

/// Writes trouble, and what to do about it, to the daemon's own log: once when it begins, as a
/// reminder while it lasts, and once when it is over. Not thread-safe.
class TroubleLog {
public:
    /// Both must outlive this object.
    TroubleLog(const Log& log, const base::Clock& clock) : log_(log), clock_(clock) {}

    /// Compares the server's clock with ours.
    void answered(const exporter::Reply& reply);
    /// With what is left in the spool.
    void stored(std::uint64_t spooled_bytes, std::uint64_t spooled_batches);
    void retried(const exporter::Reply& reply, exporter::Outcome outcome);
    void limited(const exporter::Reply& reply);
    void rejected(std::string_view reason, std::string_view detail);
    void metadata_refused();
    void read_back_unavailable(const exporter::Reply& reply);
    void doubt_waits(const exporter::Reply& reply);
    void stored_gone(std::string_view stream);
    void disk_trouble(std::string_view what);
    void segment_unread(std::string_view cause);
    void segment_lost(std::string_view cause, std::uint64_t entries);
    void entries_lost(std::string_view session, std::uint64_t entries);

    void unparsed(std::string_view reason);
    void suspect(std::string_view reason);
    /// What was done to log files since the start.
    void tampered(const tailer::FileTroubles& so_far);
    void lost(std::string_view what, std::string_view session, std::string_view lost_bytes);

    /// Writes the reminders that are due.
    void remind();

private:
    /// Whether a minute has passed since it last returned true.
    [[nodiscard]] bool is_time(base::SteadyTime& told_at) const;

    const Log& log_;
    const base::Clock& clock_;
    Reminders reminders_;
    tailer::FileTroubles told_troubles_;
    bool held_ = false;  ///< until an operator fixes something
    std::optional<base::SteadyTime> away_since_;
    std::optional<base::SteadyTime> clock_wrong_told_at_;
    base::SteadyTime disk_told_at_{};
    base::SteadyTime unread_told_at_{};
    base::SteadyTime doubt_told_at_{};
    base::SteadyTime limit_told_at_{};
    base::SteadyTime room_told_at_{};
};

}  // namespace bridge
