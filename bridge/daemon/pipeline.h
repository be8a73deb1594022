// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.h"
#include "bridge/daemon/ack_ledger.h"
#include "bridge/daemon/checkpoint_keeper.h"
#include "bridge/daemon/letter_queue.h"
#include "bridge/daemon/line_account.h"
#include "bridge/daemon/pipeline_parts.h"
#include "bridge/daemon/spool_recovery.h"
#include "bridge/daemon/tailer_reports.h"
#include "bridge/daemon/wakeup.h"
#include "tailer/tailer.h"

namespace bridge {

/// Moves records from the tailer to the exporter and keeps the checkpoint. One thread runs it:
/// while a push is under way nothing is read, because the log files are the queue.
class Pipeline final : public tailer::LineSink {
public:
    /// Once one stream has this many unsettled bytes, files with more of it are paused; at twice as
    /// many over all streams, all files are.
    static constexpr std::size_t kMostInFlight = 2U << 20U;
    /// The most bytes of unparsed lines that may wait for the disk.
    static constexpr std::size_t kMostLetters = LetterQueue::kMostBytes;

    explicit Pipeline(PipelineParts parts);

    /// Follows the logs until stop() is called.
    void follow();
    /// follow() in pieces, for a caller with its own loop: begin() once, then step() repeatedly. A
    /// step reads and sends a little, and returns when it wants to be called again.
    void begin();
    [[nodiscard]] base::SteadyTime step();
    /// Runs until everything has been read and settled, stop() is called, or `give_up` returns true
    /// after a request. True if all is settled.
    [[nodiscard]] bool deliver(const std::function<bool()>& give_up);
    /// After follow(): reads what is there by now, sends until `limit` after stop(), spools the
    /// rest and writes the last checkpoint. False if something is neither delivered nor spooled; it
    /// will be read again.
    bool drain(std::chrono::milliseconds limit);
    /// After an exception from any of these: spools what is in memory and saves the checkpoint, as
    /// far as that still works. Neither reads nor sends.
    void rescue();

    /// From any thread.
    void stop();

    [[nodiscard]] bool may_take(const tailer::Record& record) override;
    [[nodiscard]] bool may_take(const tailer::UnparsedLine& line) override;
    void on_record(const tailer::Record& record) override;
    void on_unparsed(const tailer::UnparsedLine& line) override;

    [[nodiscard]] const LineAccount& account() const { return account_; }

private:
    void look(base::SteadyTime now);
    [[nodiscard]] bool may_read() const;
    void read_some();
    /// Acts on whether everything in the log folders has been read.
    void judge_backlog();
    [[nodiscard]] base::SteadyTime rest_due() const;
    void rest(base::SteadyTime now);
    void take_settled();
    void settle(const exporter::Ticket& ticket);
    void forget_finished();
    void observe();
    [[nodiscard]] base::SteadyTime beat();

    void wait_until(base::SteadyTime due) const;
    void pause_until(base::SteadyTime due) const;
    void read_rest(base::SteadyTime deadline);

    PipelineParts parts_;
    Wakeup wakeup_;
    AckLedger ledger_;
    std::optional<LetterQueue> letters_;  ///< none = unparsed lines are only counted
    CheckpointKeeper checkpoint_;
    TailerReports reports_;
    SpoolRecovery recovery_;
    base::SteadyTime scanned_at_{};
    base::SteadyTime read_at_{};
    std::optional<std::int64_t> behind_since_ns_;  ///< since when there have been unread lines
    std::atomic<bool> stopping_ = false;
    std::atomic<base::SteadyTime> stopped_at_{base::SteadyTime::max()};
    LineAccount account_;
};

}  // namespace bridge
