// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

namespace bridge {

/// Turns settled records, which come in any order, into a safe offset for each file: everything
/// before it is settled. Positions are the offsets behind each line; a file's lines are expected in
/// their order.
class AckLedger {
public:
    void expect(std::uint64_t file, std::uint64_t position);

    /// True when the file's safe offset has moved.
    bool settle(std::uint64_t file, std::uint64_t position);

    /// The safe offset, if this file has had any line settled.
    [[nodiscard]] std::optional<std::uint64_t> safe_offset(std::uint64_t file) const;

    /// Lines expected and not settled.
    [[nodiscard]] std::size_t open() const { return open_; }
    [[nodiscard]] bool waits_for(std::uint64_t file) const;
    void forget(std::uint64_t file);

private:
    struct Line {
        std::uint64_t position = 0;
        bool settled = false;
    };
    struct File {
        std::deque<Line> lines;
        std::optional<std::uint64_t> safe;
    };
    std::unordered_map<std::uint64_t, File> files_;
    std::size_t open_ = 0;
};

}  // namespace bridge
