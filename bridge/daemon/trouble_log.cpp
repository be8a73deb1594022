// SPDX-License-Identifier: MIT
#include "bridge/daemon/trouble_log.h"

#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/nanoseconds.h"
#include "bridge/console/answer_text.h"
#include "exporter/loki/push_outcome.h"

namespace bridge {
namespace {

/// One reminder of a lasting trouble, not one a try.
constexpr std::chrono::seconds kReminder{60};
/// A clock that is further off than that is wrong; less may be a slow answer.
constexpr std::chrono::seconds kClockTolerance{60};
constexpr std::chrono::seconds kClockReminder{600};

constexpr const char* kUnparsed =
    "lines that are not understood; they are kept in the dead letters";
constexpr const char* kSuspect =
    "verdicts that Boundary cannot have written; somebody may be forging lines";
constexpr const char* kTampered = "log files were changed as no writer of a log does";
constexpr const char* kHole = "an audit log has a hole";
constexpr const char* kSegmentLost =
    "what a segment of the spool held has to be read from the logs again";
constexpr const char* kEntriesLost =
    "entries are lost: their segment of the spool is, and no log holds them any more";
constexpr const char* kRefused = "Loki refuses entries for good; they are kept in the dead letters";

/// What to do about a reply, as a field of the log.
std::string advice_text(const exporter::Reply& reply) {
    const std::string_view text = exporter::advice(reply);
    return text.empty() ? "nothing: it is tried again until it works" : std::string(text);
}

}  // namespace

bool TroubleLog::is_time(base::SteadyTime& told_at) const {
    const base::SteadyTime now = clock_.steady();
    const bool time = now - told_at >= kReminder;
    told_at = time ? now : told_at;
    return time;
}

void TroubleLog::answered(const exporter::Reply& reply) {
    if (!reply.server_time) {
        return;
    }
    const std::int64_t ahead = clock_.wall_ns() / base::kNanosPerSecond - *reply.server_time;
    const base::SteadyTime now = clock_.steady();
    if (std::abs(ahead) < kClockTolerance.count()) {
        if (clock_wrong_told_at_) {
            log_.info("this machine's clock and Loki's agree again");
            clock_wrong_told_at_.reset();
        }
    } else if (!clock_wrong_told_at_ || now - *clock_wrong_told_at_ >= kClockReminder) {
        clock_wrong_told_at_ = now;
        log_.warn(
            ahead > 0 ? "this machine's clock runs ahead of Loki's; what is further ahead "
                        "than Loki takes waits until its time has come"
                      : "this machine's clock runs behind Loki's; decisions look older than "
                        "they are",
            {{"seconds", std::to_string(std::abs(ahead))}, {"try", "let NTP set both clocks"}});
    }
}

void TroubleLog::stored(std::uint64_t spooled_bytes, std::uint64_t spooled_batches) {
    held_ = false;
    if (away_since_) {
        const auto away =
            std::chrono::duration_cast<std::chrono::seconds>(clock_.steady() - *away_since_);
        log_.info("Loki is back", {{"after_seconds", std::to_string(away.count())},
                                   {"spooled_bytes", std::to_string(spooled_bytes)},
                                   {"spooled_batches", std::to_string(spooled_batches)}});
        away_since_.reset();
    }
}

void TroubleLog::retried(const exporter::Reply& reply, exporter::Outcome outcome) {
    const bool hold = outcome == exporter::Outcome::Hold;
    if (hold && !std::exchange(held_, true)) {
        log_.error("Loki does not take our pushes; holding the data until this is mended",
                   {{"code", code_of(reply)},
                    {"answer", answer_text(reply)},
                    {"try", advice_text(reply)}});
    }
    if (!away_since_) {
        away_since_ = clock_.steady();
        if (!hold) {
            log_.warn("cannot push to Loki, trying again until it works",
                      {{"code", code_of(reply)},
                       {"answer", answer_text(reply)},
                       {"try", advice_text(reply)}});
        }
    }
    log_.debug("push will be tried again",
               {{"code", code_of(reply)}, {"answer", answer_text(reply)}});
}

void TroubleLog::limited(const exporter::Reply& reply) {
    if (exporter::is_stream_limit(reply)) {
        if (is_time(room_told_at_)) {
            log_.warn(
                "Loki has no room for another stream of this tenant; what waits for one is "
                "kept, the rest goes on",
                {{"answer", answer_text(reply)}, {"try", advice_text(reply)}});
        }
    } else if (is_time(limit_told_at_)) {
        log_.warn("Loki limits the rate of pushes; sending as much as it takes",
                  {{"answer", answer_text(reply)}});
    }
}

void TroubleLog::rejected(std::string_view reason, std::string_view detail) {
    reminders_.note(kRefused, reason, detail);
    remind();
}

void TroubleLog::metadata_refused() {
    log_.warn("this Loki takes no structured metadata; pushing without it (the line holds it all)");
}

void TroubleLog::read_back_unavailable(const exporter::Reply& reply) {
    log_.warn(
        reply.stores_repeats
            ? "cannot read back from VictoriaLogs; a push of unknown outcome is sent again, and "
              "then stored twice"
            : "cannot read back from Loki; a push of unknown outcome is sent again, which log "
              "queries do not show but metric queries may count twice",
        {{"code", code_of(reply)}, {"answer", answer_text(reply)}});
}

void TroubleLog::doubt_waits(const exporter::Reply& reply) {
    if (is_time(doubt_told_at_)) {
        log_.error(
            "Loki may have stored entries that it takes no more; they wait until it answers a "
            "query",
            {{"code", code_of(reply)}, {"answer", reply_text(reply)}});
    }
}

void TroubleLog::stored_gone(std::string_view stream) {
    log_.error(
        "Loki shows nothing of what it had stored lately; it was wiped, or is another one than "
        "before. What it had is not sent again",
        {{"stream", std::string(stream)},
         {"try", "boundary-loki replay with the log folders sends what the logs still hold"}});
}

void TroubleLog::disk_trouble(std::string_view what) {
    if (is_time(disk_told_at_)) {
        log_.error("cannot keep data in the state folder; it stays in memory and in the log files",
                   {{"cause", std::string(what)}});
    }
}

void TroubleLog::segment_unread(std::string_view cause) {
    if (is_time(unread_told_at_)) {
        log_.warn("cannot read a segment of the spool now; trying again",
                  {{"cause", std::string(cause)}});
    }
}

void TroubleLog::segment_lost(std::string_view cause, std::uint64_t entries) {
    std::string detail(cause);
    detail.append(", entries ").append(std::to_string(entries));
    reminders_.note(kSegmentLost, "damaged, unreadable or gone", detail);
    remind();
}

void TroubleLog::entries_lost(std::string_view session, std::uint64_t entries) {
    std::string detail = "session ";
    detail.append(session).append(", entries ").append(std::to_string(entries));
    reminders_.note(kEntriesLost, "spool", detail, entries);
    remind();
}

void TroubleLog::unparsed(std::string_view reason) {
    reminders_.note(kUnparsed, reason);
    remind();
    log_.debug("line not understood", {{"reason", std::string(reason)}});
}

void TroubleLog::suspect(std::string_view reason) {
    reminders_.note(kSuspect, reason);
    remind();
}

void TroubleLog::tampered(const tailer::FileTroubles& so_far) {
    reminders_.note(kTampered, "truncated", {}, so_far.truncated - told_troubles_.truncated);
    reminders_.note(kTampered, "rewritten", {}, so_far.rewritten - told_troubles_.rewritten);
    reminders_.note(kTampered, "removed before it was read", {},
                    so_far.removed - told_troubles_.removed);
    told_troubles_ = so_far;
    remind();
}

void TroubleLog::lost(std::string_view what, std::string_view session,
                      std::string_view lost_bytes) {
    std::string detail = "session ";
    detail.append(session).append(", bytes lost ").append(lost_bytes);
    reminders_.note(kHole, what, detail);
    remind();
}

void TroubleLog::remind() {
    for (const auto& due : reminders_.take_due(clock_.steady())) {
        const bool error = due.what == kRefused || due.what == kHole || due.what == kEntriesLost;
        const auto put = error ? &Log::error : &Log::warn;
        (log_.*put)(due.what, {{"reason", due.reason},
                               {"count", std::to_string(due.count)},
                               {"so_far", std::to_string(due.so_far)},
                               {"last", without_secrets(due.detail)}});
    }
}

}  // namespace bridge
