// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "exporter/disk/spool.h"

namespace exporter {

/// What an exporter knows about its predecessor, which may have been killed at any moment.
struct Resume {
    /// Newest settled timestamp of each stream, by its label text: see OutgoingStreams.
    std::map<std::string, std::int64_t> high_water = {};
    /// Origins of entries that are durable though they will be read again: see KeptOrigins.
    std::vector<std::uint64_t> origins = {};
    /// The newest spool segment that the checkpoint covers.
    std::uint64_t newest_segment = 0;
    /// Segments that the checkpoint counts on: see Backlog.
    std::vector<Spool::Segment> segments = {};

    enum class Predecessor {
        Settled,      ///< nothing that it sent will be read again
        MayHaveSent,  ///< what is read again may be in Loki or in the spool already
        Killed,       ///< and its last push may still be on its way
    };
    Predecessor predecessor = Predecessor::Settled;
};

}  // namespace exporter
