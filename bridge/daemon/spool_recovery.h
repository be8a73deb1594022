// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/labels.h"
#include "bridge/daemon/ack_ledger.h"
#include "bridge/daemon/pipeline_parts.h"
#include "exporter/disk/spool.h"
#include "tailer/tailer.h"

namespace bridge {

/// Reads again, from the logs, what segments of the spool held that are damaged, unreadable or
/// gone. Loki is asked about each such entry before it is sent. What no log has any more is lost:
/// that is counted, logged and pushed as a notice. Until all is accounted for, the checkpoint names
/// the segment; whatever ends the process, the next one begins anew.
class SpoolRecovery final : private tailer::LineSink {
public:
    /// The source of its tickets; no file has this id.
    static constexpr std::uint64_t kTickets = UINT64_MAX;

    /// Both must outlive this object.
    SpoolRecovery(const PipelineParts& parts, const AckLedger& ledger)
        : parts_(parts), ledger_(ledger) {}

    /// Takes up what was lost, and reads some of it if there is room.
    void work(bool may_read);
    /// Whether there is something to read now.
    [[nodiscard]] bool can_go_on() const { return again_.has_value(); }
    /// When to call work() again, as far as time alone decides.
    [[nodiscard]] base::SteadyTime due() const;
    /// One of its entries is durable.
    void settled() { --unsettled_; }
    /// Adds a notice to the trail for each log that has lost entries.
    void report_losses();
    [[nodiscard]] bool idle() const { return parts_.exporter.backlog().lost() == 0; }

private:
    /// What one segment held of one session.
    struct Owed {
        base::Labels stream;  ///< the segment's: there Loki may have an entry, and nowhere else
        bool decisions = false;
        exporter::Numbers numbers;
        std::int64_t first_ns = 0;
        std::uint64_t found = 0;
        bool rewritten = false;  ///< the log is another one by now
    };
    [[nodiscard]] bool lacks_folder();
    [[nodiscard]] bool may_begin();
    void begin();
    void end_reading();
    /// Whether all that the pass was for is durable, or reported as lost.
    [[nodiscard]] bool can_account() const;
    void account();
    [[nodiscard]] static bool takes(Owed& owed, const tailer::Record& record);
    [[nodiscard]] bool is_pending(const tailer::Record& record);
    void on_record(const tailer::Record& record) override;
    void on_unparsed(const tailer::UnparsedLine& /*line*/) override {}

    const PipelineParts& parts_;
    const AckLedger& ledger_;
    std::vector<exporter::Spool::Segment> waiting_;  ///< lost, and not begun
    base::SteadyTime waits_since_{};
    // One pass over the logs.
    std::vector<std::uint64_t> sequences_;  ///< of the segments that it is for
    std::map<std::string, std::vector<Owed>, std::less<>> owed_;  ///< by session
    std::optional<tailer::Tailer> again_;
    /// The tailer's own id of each file that is read again, by folder. Two may have one name, of
    /// which one is there no more.
    std::map<std::pair<std::uint32_t, tailer::FileIdentity>, tailer::FileId> originals_;
    std::map<std::string, std::uint64_t> losses_;  ///< entries, by session
    std::uint64_t found_ = 0;
    std::uint64_t given_ = 0;      ///< tickets
    std::uint64_t unsettled_ = 0;  ///< of those
};

}  // namespace bridge
