// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/labels.h"
#include "tailer/files/line_counts.h"

namespace tailer {

/// The streams that one daemon feeds, in the order of Enricher::streams().
using StreamIndex = std::uint32_t;

/// Where a record's line stands: which known file, and the offset just behind its newline, with the
/// counts of what lies before that.
struct SourcePosition {
    std::uint64_t file = 0;
    std::uint64_t end_offset = 0;
    LineCounts counts = {};
};

enum class RecordKind : std::uint8_t {
    Allow,
    Deny,
    Notice,
    Lifecycle,  ///< what Boundary says of its coming and going
};

/// One enriched line, ready to be pushed. Its identity in Loki (stream labels, timestamp, line) is
/// a pure function of the file's name and of its content up to the line, but for what
/// `tool_call_may_change` says. The views borrow from the Enricher until its next call.
struct Record {
    RecordKind kind = RecordKind::Notice;
    std::int64_t event_time_ns = 0;  ///< as Boundary stamped it
    std::int64_t timestamp_ns = 0;   ///< see timestamp_of()
    StreamIndex stream = 0;
    /// Whether it leaves the workspace; if not, it has no line and no metadata.
    bool shipped = true;
    std::string_view line;
    std::string_view notice;   ///< Boundary's own message without secrets, when it is one
    std::string_view level;    ///< a notice's
    std::string_view suspect;  ///< why Boundary cannot have written it; empty = it can
    std::span<const base::LabelView> metadata;
    /// Its tool call could be another one when the line is read again; all else stays the same.
    bool tool_call_may_change = false;
    SourcePosition source;
};

}  // namespace tailer
