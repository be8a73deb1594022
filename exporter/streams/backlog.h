// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "exporter/disk/spool.h"
#include "exporter/streams/export_settings.h"
#include "exporter/streams/exporter_events.h"
#include "exporter/streams/outgoing_streams.h"
#include "exporter/streams/resume.h"

namespace exporter {

/// Moves the streams' batches to the spool and back, and knows which segments may be sent: a crash
/// between sending one and the checkpoint that says its entries are done would have them judged
/// (late or not) a second time.
///
/// A checkpoint names each segment that waits, and what it holds, until the entries are in Loki,
/// in the dead letters or in another segment. So one that is damaged, unreadable or gone is lost,
/// but not what has to be read from the logs again. For the same reason a segment that is done with
/// leaves the disk only behind the checkpoint that names it no more. Not thread-safe.
class Backlog {
public:
    /// Gives `streams` what `spool` held from before. A null `spool` is one that is never there;
    /// all that is given but the settings must outlive this object. Segments of others stay where
    /// they are; see ExportSettings::own_labels. A segment that the checkpoint names and that is
    /// not there is lost.
    Backlog(Spool* spool, OutgoingStreams& streams, ExporterEvents& events,
            const ExportSettings& settings, const Resume& resume = {});

    [[nodiscard]] bool there() const { return spool_ != nullptr; }

    /// The labels of those segments, one text each.
    [[nodiscard]] const std::vector<std::string>& foreign() const { return foreign_; }

    /// Makes a batch the stream's newest segment; what cannot be kept is told to the events. No
    /// stream gets more than four times what it leaves to the others.
    [[nodiscard]] bool add(OutgoingStream& stream, const PendingPush& pending);
    /// The same for entries of another stream's segment, before that is finished.
    [[nodiscard]] bool move_to(OutgoingStream& stream, const SealedBatch& batch);

    enum class Front : std::uint8_t {
        Ready,     ///< the batch to send is the stream's front()
        Lost,      ///< the next may be looked at
        TryLater,  ///< the disk does not give it now
    };
    /// Reads the stream's oldest segment, if it is a segment's turn. If this process wrote it and
    /// has never sent it, so it does with those behind it of which that holds, until they fill half
    /// a batch of `most_bytes`. What cannot be read is tried again for a minute before it is lost.
    [[nodiscard]] Front load_front(OutgoingStream& stream, std::size_t most_bytes,
                                   base::SteadyTime now);
    /// See OutgoingStream. Once nothing is left to send of what was loaded, its segments are done
    /// with, too.
    void replace_front(OutgoingStream& stream, std::vector<PendingPush> parts);

    /// Segments that were lost since the last call. A checkpoint goes on naming them until their
    /// entries are accounted for.
    [[nodiscard]] std::vector<Spool::Segment> take_lost();
    void account_for(std::uint64_t lost_sequence);
    /// Lost, and not accounted for.
    [[nodiscard]] std::size_t lost() const { return lost_.size(); }

    /// Visits the entries of all segments that are newer than `sequence`.
    void visit_newer(std::uint64_t sequence,
                     const std::function<void(std::string_view entries)>& visit);

    [[nodiscard]] bool may_send(const OutgoingStream& stream) const {
        return stream.may_send(covered_sequence_);
    }
    [[nodiscard]] std::uint64_t newest_segment() const { return newest_sequence_; }
    [[nodiscard]] bool wants_checkpoint() const { return covered_sequence_ < newest_sequence_; }

    /// What a checkpoint has to name: all of it, or what is newer than the last one.
    void for_each_named(const std::function<void(const Spool::Segment&)>& visit) const;
    void for_each_unsaved(const std::function<void(const Spool::Segment&)>& visit) const;
    /// What the next one names no more.
    [[nodiscard]] const std::vector<std::uint64_t>& unnamed() const { return unnamed_; }
    /// What is still on disk, and waits for nothing but a checkpoint.
    [[nodiscard]] std::size_t done_segments() const { return done_.size(); }
    [[nodiscard]] std::uint64_t done_bytes() const;
    void checkpoint_saved();
    /// A full disk is given the room of what is done with all the same.
    void checkpoint_failed() { remove_done(); }

private:
    std::size_t join_behind(const OutgoingStream& stream, std::size_t most_bytes,
                            SealedBatch& batch) const;
    void lose(Spool::Segment segment, std::string_view cause);
    void remove_done();
    [[nodiscard]] bool has_share_left(const OutgoingStream& stream) const;
    [[nodiscard]] bool take(OutgoingStream& stream, base::Result<Spool::Segment> segment,
                            bool unsent);

    Spool* spool_;
    OutgoingStreams& streams_;
    ExporterEvents& events_;
    std::chrono::nanoseconds late_after_;
    std::vector<std::string> foreign_;
    std::vector<Spool::Segment> done_;    ///< and still on disk
    std::vector<Spool::Segment> lost_;    ///< in the order of being lost
    std::size_t taken_ = 0;               ///< of lost_
    std::vector<std::uint64_t> unnamed_;  ///< since the last checkpoint
    std::uint64_t newest_sequence_ = 0;
    std::uint64_t covered_sequence_ = 0;
};

}  // namespace exporter
