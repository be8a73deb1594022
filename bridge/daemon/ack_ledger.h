// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tailer/files/line_counts.h"

namespace bridge {

/// Records settle in any order; this turns them into a safe offset for each file, before which
/// everything is settled. A position is the offset just past a line. Lines of a file must be
/// expected in order. A file with nothing unsettled takes no memory.
class AckLedger {
public:
    /// `counts` covers the file's lines before `position`.
    void expect(std::uint64_t file, std::uint64_t position, tailer::LineCounts counts = {});

    struct Safe {
        std::uint64_t offset = 0;
        tailer::LineCounts counts;  ///< of the lines before it
        friend bool operator==(const Safe&, const Safe&) = default;
    };
    /// The file's safe offset, if it has moved.
    std::optional<Safe> settle(std::uint64_t file, std::uint64_t position);

    /// Lines that are expected and not settled yet.
    [[nodiscard]] std::size_t open() const { return open_; }
    [[nodiscard]] bool waits_for(std::uint64_t file) const;
    /// Whether the line that ends there is expected and not settled.
    [[nodiscard]] bool waits_for(std::uint64_t file, std::uint64_t position) const;
    void forget(std::uint64_t file);

private:
    struct Line {
        std::uint64_t position = 0;
        tailer::LineCounts counts;
        bool settled = false;
    };
    /// The lines of one file; those before `first` are done. Lines settle stream by stream, so the
    /// next to settle is usually just after the last.
    struct Lines {
        std::vector<Line> lines;
        std::size_t first = 0;
        std::size_t behind_last = 0;
    };
    [[nodiscard]] static std::vector<Line>::iterator find(Lines& of, std::uint64_t position);
    std::unordered_map<std::uint64_t, Lines> files_;
    std::size_t open_ = 0;
};

}  // namespace bridge
