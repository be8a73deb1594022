// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/labels.h"

namespace exporter {

/// Where an entry came from, in the caller's own terms; handed back when the entry is settled.
struct Ticket {
    std::uint64_t source = 0;
    std::uint64_t position = 0;
    friend bool operator==(const Ticket&, const Ticket&) = default;
};

/// One entry to push. The views need to live only for the call that takes it.
struct Entry {
    std::int64_t timestamp_ns = 0;
    std::string_view line;
    std::span<const base::LabelView> metadata;  ///< valid UTF-8, names as is_label_name()
    Ticket ticket;
    /// Read again, it may come with another stream and line: it is sent only once it lies in the
    /// spool.
    bool may_change = false;
};

}  // namespace exporter
