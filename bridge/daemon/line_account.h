// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tailer/records/record.h"

namespace bridge {

/// Counts of the lines read: lines = allowed + denied + notices + lifecycle + unparsed.
struct LineAccount {
    std::uint64_t lines = 0;
    std::uint64_t allowed = 0;
    std::uint64_t denied = 0;
    std::uint64_t notices = 0;
    std::uint64_t lifecycle = 0;
    std::uint64_t unparsed = 0;
    std::uint64_t withheld = 0;  ///< notices and life-cycle lines that --notices holds back
    std::uint64_t unreadable_files = 0;

    /// The lines that become entries.
    [[nodiscard]] std::uint64_t entries() const { return lines - unparsed - withheld; }

    void count(const tailer::Record& record) {
        ++lines;
        withheld += record.shipped ? 0U : 1U;
        switch (record.kind) {
            case tailer::RecordKind::Allow:
                ++allowed;
                break;
            case tailer::RecordKind::Deny:
                ++denied;
                break;
            case tailer::RecordKind::Notice:
                ++notices;
                break;
            case tailer::RecordKind::Lifecycle:
                ++lifecycle;
                break;
        }
    }
    void count_unparsed() {
        ++lines;
        ++unparsed;
    }
};

}  // namespace bridge
