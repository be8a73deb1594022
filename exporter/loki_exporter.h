// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/labels.h"
#include "exporter/disk/dead_letters.h"
#include "exporter/disk/spool.h"
#include "exporter/loki/batch.h"
#include "exporter/loki/loki_client.h"
#include "exporter/loki/push_request.h"
#include "exporter/streams/backlog.h"
#include "exporter/streams/delivery.h"
#include "exporter/streams/delivery_account.h"
#include "exporter/streams/doubt_resolver.h"
#include "exporter/streams/export_settings.h"
#include "exporter/streams/exporter_events.h"
#include "exporter/streams/kept_origins.h"
#include "exporter/streams/lead_limit.h"
#include "exporter/streams/outgoing_streams.h"
#include "exporter/streams/refusal_handler.h"
#include "exporter/streams/resume.h"
#include "exporter/streams/unsettled.h"

namespace exporter {

/// Delivers entries to Loki: batches by stream, one unacknowledged push a stream, oldest first.
///
/// Passive: add() gathers, work() does the next thing that is due and says when it wants to be
/// called again; both belong to one thread. An entry is settled when Loki has stored it, or it lies
/// fsynced in the spool or the dead letters; only then its ticket comes out of take_settled().
class LokiExporter {
public:
    /// `spool` and `dead_letters` may be null: then batches wait in memory, and a rejected entry is
    /// only counted. All that is referred to must outlive this object.
    LokiExporter(const ExportSettings& settings, const std::vector<base::Labels>& streams,
                 LokiApi& loki, const base::Clock& clock, ExporterEvents& events, Spool* spool,
                 DeadLetters* dead_letters, std::uint64_t jitter_seed, const Resume& resume = {});
    LokiExporter(const LokiExporter&) = delete;  // its parts know each other
    LokiExporter& operator=(const LokiExporter&) = delete;
    ~LokiExporter() = default;

    /// One more stream; its index is the number of those before it.
    void add_stream(const base::Labels& labels) { by_index_.push_back(&streams_.of(labels)); }
    [[nodiscard]] std::size_t streams() const { return by_index_.size(); }
    /// All that have been made, `late` ones included.
    [[nodiscard]] std::size_t distinct_streams() const { return streams_.size(); }

    /// Whether one more entry may wait in memory. Of twice a `share` (in bytes) that all streams
    /// have together, none takes more than what the others leave: one that stands still takes its
    /// share, and as much is left.
    [[nodiscard]] bool has_room(std::size_t index, std::int64_t timestamp_ns, std::size_t share);

    /// `index` says which of the streams given at construction and to add_stream().
    void add(std::size_t index, const Entry& entry) { add(*by_index_[index], entry); }
    /// What lay in a segment that was lost, read from the logs again, for the segment's stream:
    /// Loki may have it there, and what is known of its origin is no sign that it is durable.
    void add_again(const base::Labels& stream, const Entry& entry);

    /// Does the next thing that is due. When it wants to be called again; the past = at once.
    [[nodiscard]] base::SteadyTime work();

    /// Seals what is gathered, so that work() sends it without waiting for more.
    void flush();
    /// Moves all that is unsettled to the spool; what cannot be moved stays.
    void spool_all();

    /// Whether a predecessor may have delivered what is added. If so, an entry with a known origin
    /// is settled at once, and a batch is looked up in Loki before it is sent.
    [[nodiscard]] bool doubtful() const { return doubtful_; }
    /// From here on, nothing that is added can have been sent by a predecessor.
    void end_doubt();

    /// The labels of what was found in the spool and is not ours; it stays there.
    [[nodiscard]] const std::vector<std::string>& foreign_segments() const {
        return backlog_.foreign();
    }

    /// To be kept with the checkpoint, and given back at the next start: see Resume.
    [[nodiscard]] KeptOrigins& origins() { return origins_; }
    [[nodiscard]] Backlog& backlog() { return backlog_; }
    [[nodiscard]] std::uint64_t newest_segment() const { return backlog_.newest_segment(); }
    [[nodiscard]] std::map<std::string, std::int64_t> high_water() const {
        return streams_.high_water(settings_.late_after);
    }

    /// Until told otherwise, nothing is sent or spooled: a checkpoint has to say first where what
    /// was added comes from.
    void hold(bool held) { held_ = held; }

    /// True while a segment waits for the checkpoint that says its entries are done (see Backlog),
    /// or when something was due while all was held.
    [[nodiscard]] bool wants_checkpoint() const;
    void checkpoint_saved() { backlog_.checkpoint_saved(); }

    /// What came of the entries so far.
    [[nodiscard]] const DeliveryAccount& account() const { return events_; }

    /// Unsettled bytes in memory.
    [[nodiscard]] std::size_t in_flight_bytes() const { return unsettled_.bytes(); }
    /// Entries that Loki may have and takes no more; they wait until it can be asked.
    [[nodiscard]] std::size_t in_doubt_entries() const { return streams_.barred_entries(); }
    /// Timestamp of the oldest unsettled entry in memory, if any.
    [[nodiscard]] std::optional<std::int64_t> oldest_unsettled_ns() const {
        return streams_.oldest_unsettled_ns();
    }
    /// Since when the oldest entry waits that is neither in Loki nor on disk: its timestamp, or
    /// when it was gathered if that was earlier.
    [[nodiscard]] std::optional<std::int64_t> waits_since_ns() const {
        return streams_.waits_since_ns(clock_);
    }
    /// Nothing is left in memory, and nothing in the spool.
    [[nodiscard]] bool idle() const { return streams_.idle(); }
    [[nodiscard]] std::vector<Ticket> take_settled() { return unsettled_.take_settled(); }

private:
    struct Target {
        OutgoingStream* stream = nullptr;
        bool ahead = false;  ///< of what Loki takes by now
    };
    [[nodiscard]] Target target_of(OutgoingStream& stream, std::int64_t timestamp_ns);
    void add(OutgoingStream& stream, const Entry& entry);
    void gather(OutgoingStream& stream, const Entry& entry, Doubt doubt);
    void inherit_origins(const Resume& resume);
    void keep_origins(const SealedBatch& batch);
    void seal_due(base::SteadyTime now);
    [[nodiscard]] bool spool_sealed();
    [[nodiscard]] OutgoingStream* next_to_send(base::SteadyTime now, base::SteadyTime& next_due);
    void send(OutgoingStream& stream);
    void spool_failing(OutgoingStream& failed);
    bool spool_stream(OutgoingStream& stream);

    ExportSettings settings_;
    const base::Clock& clock_;
    DeliveryAccount events_;
    OutgoingStreams streams_;
    Backlog backlog_;
    Unsettled unsettled_;
    RefusalHandler refusals_;
    DoubtResolver doubts_;
    LeadLimit lead_limit_;
    Delivery delivery_;
    std::vector<OutgoingStream*> by_index_;
    std::uint64_t turns_ = 0;
    bool doubtful_;
    bool held_ = false;
    bool due_while_held_ = false;
    KeptOrigins origins_;
};

}  // namespace exporter
