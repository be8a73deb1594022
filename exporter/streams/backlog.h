// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/disk/spool.h"
#include "exporter/streams/exporter_events.h"
#include "exporter/streams/outgoing_streams.h"

namespace exporter {

/// Moves the streams' batches to the spool and back, and knows which segments may be sent: a crash
/// between sending one and the checkpoint that says its entries are done would have them judged
/// (late or not) a second time. Not thread-safe.
class Backlog {
public:
    /// Gives `streams` what `spool` held from before. A null `spool` is one that is never there;
    /// all that is given must outlive this object. Segments of others than `own` stay where they
    /// are; see ExportSettings::own_labels.
    Backlog(Spool* spool, OutgoingStreams& streams, ExporterEvents& events,
            const base::Labels& own = {});

    [[nodiscard]] bool there() const { return spool_ != nullptr; }

    /// The labels of those segments, one text each.
    [[nodiscard]] const std::vector<std::string>& foreign() const { return foreign_; }

    /// Makes a batch the stream's newest segment; what cannot be kept is told to the events. No
    /// stream gets more than four times what it leaves to the others.
    [[nodiscard]] bool add(OutgoingStream& stream, const SealedBatch& batch);
    /// The same for entries of another stream's segment, before that is finished.
    [[nodiscard]] bool move_to(OutgoingStream& stream, const SealedBatch& batch);

    enum class Front : std::uint8_t {
        Ready,     ///< the batch to send stands in front of the stream's line()
        Dropped,   ///< it was damaged or is gone; the next may be looked at
        TryLater,  ///< the disk does not give it now
    };
    /// Reads the stream's oldest segment, if it is a segment's turn.
    [[nodiscard]] Front load_front(OutgoingStream& stream);
    /// Removes that segment once nothing of it is left to send.
    void finish_front(OutgoingStream& stream);

    /// Visits the entries of all segments that are newer than `sequence`.
    void visit_newer(std::uint64_t sequence,
                     const std::function<void(std::string_view entries)>& visit);

    [[nodiscard]] bool may_send(const OutgoingStream& stream) const {
        return stream.may_send(covered_sequence_);
    }
    [[nodiscard]] std::uint64_t newest_segment() const { return newest_sequence_; }
    [[nodiscard]] bool wants_checkpoint() const { return covered_sequence_ < newest_sequence_; }
    void checkpoint_saved() { covered_sequence_ = newest_sequence_; }

private:
    [[nodiscard]] bool has_share_left(const OutgoingStream& stream) const;
    [[nodiscard]] bool take(OutgoingStream& stream, base::Result<Spool::Segment> segment);

    Spool* spool_;
    OutgoingStreams& streams_;
    ExporterEvents& events_;
    std::vector<std::string> foreign_;
    std::uint64_t newest_sequence_ = 0;
    std::uint64_t covered_sequence_ = 0;
};

}  // namespace exporter
