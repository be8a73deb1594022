// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bridge/summary/data.h"
#include "bridge/summary/filter.h"
#include "tailer/tailer.h"

namespace bridge {

/// Reads files and folders into a summary. Not movable: its parts refer to each other.
class SummaryReader {
public:
    SummaryReader(tailer::Tailer tailer, const std::vector<std::string>& paths, SummaryWish wish);
    SummaryReader(const SummaryReader&) = delete;
    SummaryReader& operator=(const SummaryReader&) = delete;
    ~SummaryReader() = default;

    /// Learns what changed on disk; `rescan` lists the folders that are followed, and forgets files
    /// that are gone.
    void look(bool rescan);
    /// Reads about a megabyte. False when all was read.
    bool read();
    /// Closes the files kept open for the next growth.
    void rest() { tailer_.rest(); }

    [[nodiscard]] bool has_more() const { return tailer_.has_more(); }
    [[nodiscard]] int wait_fd() const { return tailer_.wait_fd(); }
    [[nodiscard]] std::chrono::seconds rescan_every() const { return tailer_.rescan_every(); }
    [[nodiscard]] const SummaryData& data() const { return gatherer_.data(); }
    /// Sentences about what could not be read, each once, since the last call.
    [[nodiscard]] std::vector<std::string> take_troubles() { return std::exchange(news_, {}); }

private:
    void note(const std::vector<std::string>& troubles);
    void forget_gone();

    tailer::Tailer tailer_;
    SummaryGatherer gatherer_;
    SummaryFilter filter_;
    std::set<std::string> troubles_;
    std::vector<std::string> news_;
};

}  // namespace bridge
