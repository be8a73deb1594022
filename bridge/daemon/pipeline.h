// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "bridge/console/log.h"
#include "bridge/daemon/ack_ledger.h"
#include "bridge/daemon/heartbeat.h"
#include "bridge/daemon/state_folder.h"
#include "bridge/daemon/telemetry.h"
#include "exporter/loki_exporter.h"
#include "tailer/tailer.h"

namespace bridge {

/// Wakes a thread that waits in poll().
class Wakeup {
public:
    Wakeup();
    [[nodiscard]] int fd() const { return fd_.get(); }
    void notify() const;

private:
    base::UniqueFd fd_;
};

/// What the pipeline works on; all must outlive it. Daemon::open puts it together.
struct PipelineParts {
    const Log& log;
    const base::Clock& clock;
    tailer::Tailer& tailer;
    exporter::LokiExporter& exporter;
    Telemetry& telemetry;
    StateFolder* state;  ///< null = nothing is kept on disk
    Heartbeat& heartbeat;
    /// Called whenever the log folders are listed anew.
    std::function<void()> on_rescan;
};

/// Moves records from the tailer to the exporter and keeps the checkpoint. One thread runs it:
/// while a push is under way nothing is read, because the log files are the queue.
class Pipeline final : public tailer::LineSink {
public:
    /// Unsettled bytes of one stream at which the files wait that hold more of it; at twice as many
    /// of all streams, all wait.
    static constexpr std::size_t kMostInFlight = 2U << 20U;
    /// Unparsed lines that wait for a disk to take them: at that, the files that hold more of them
    /// wait, and the others are read on.
    static constexpr std::size_t kMostLetters = 256U << 10U;

    explicit Pipeline(PipelineParts parts) : parts_(std::move(parts)) {}

    /// Follows the logs until stop() is called.
    void follow();
    /// follow() in pieces, for a caller with a loop of its own: begin() once, then step() again and
    /// again. It reads and sends a little, and says when it wants to be called again.
    void begin();
    [[nodiscard]] base::SteadyTime step();
    /// Works until everything there is has been read and settled, or stop() is called, or
    /// `give_up` says so after a request. True when all is settled.
    [[nodiscard]] bool deliver(const std::function<bool()>& give_up);
    /// After follow(): reads what is there by now, sends it until `limit` after stop(), spools the
    /// rest, writes the last checkpoint. False when something is neither delivered nor spooled (it
    /// will be read again).
    bool drain(std::chrono::milliseconds limit);
    /// After an exception out of any of these: spools what is in memory and says in the checkpoint
    /// what is done, as far as that can be done still. Neither reads nor sends.
    void rescue();

    /// From any thread.
    void stop();

    [[nodiscard]] bool may_take(const tailer::Record& record) override;
    [[nodiscard]] bool may_take(const tailer::UnparsedLine& line) override;
    void on_record(const tailer::Record& record) override;
    void on_unparsed(const tailer::UnparsedLine& line) override;

    struct Account {
        std::uint64_t lines = 0;
        std::uint64_t allowed = 0;
        std::uint64_t denied = 0;
        std::uint64_t notices = 0;
        std::uint64_t lifecycle = 0;
        std::uint64_t unparsed = 0;
        std::uint64_t withheld = 0;  ///< of the notices and the life-cycle lines: see --notices
        std::uint64_t unreadable_files = 0;
    };
    [[nodiscard]] const Account& account() const { return account_; }

private:
    void read_some();
    [[nodiscard]] bool may_read() const;
    [[nodiscard]] bool has_unsaved_files() const;
    void write_letters();
    void take_settled();
    void save_checkpoint(bool clean);
    void settle(const exporter::Ticket& ticket);
    void forget_finished();
    void report();
    [[nodiscard]] base::SteadyTime beat();
    void report_losses();
    void tell_what_is_new();
    void wait_until(base::SteadyTime due) const;
    void pause_until(base::SteadyTime due) const;
    void read_rest(base::SteadyTime deadline);

    PipelineParts parts_;
    Wakeup wakeup_;
    AckLedger ledger_;
    /// Unparsed lines that could not be written to the dead letters yet.
    struct Letter {
        std::string session;
        std::string text;
        std::string reason;
        exporter::Ticket ticket;
    };
    [[nodiscard]] static std::size_t letter_size(const Letter& letter);
    std::deque<Letter> letters_;
    std::size_t letter_bytes_ = 0;
    base::SteadyTime letters_tried_at_{};
    bool dirty_ = false;  ///< something the checkpoint does not say yet
    bool save_failed_ = false;
    std::uint64_t saved_files_ = 0;  ///< files learned when the checkpoint was written
    base::SteadyTime checkpoint_at_{};
    base::SteadyTime scanned_at_{};
    base::SteadyTime read_at_{};
    std::optional<std::int64_t> behind_since_ns_;  ///< when lines were seen that are still unread
    bool letters_unsynced_ = false;
    bool backlog_read_ = false;
    bool said_own_requests_ = false;
    bool said_starved_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<base::SteadyTime> stopped_at_{base::SteadyTime::max()};
    Account account_;
};

}  // namespace bridge
