// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tailer {

/// How many lines of a file, and how many decisions among them, lie before a place in it. That
/// gives each decision and each notice its number (`seq`), a pure function of the file's content.
/// There may be a hundred thousand of these, so it is small.
struct LineCounts {
    /// 270 GB of the shortest decisions.
    static constexpr std::uint32_t kUnknown = UINT32_MAX;

    std::uint32_t decisions = 0;
    std::uint32_t lines = 0;  ///< of any kind, empty and over-long ones too

    /// Of a file that a version before these counts has read from.
    [[nodiscard]] static LineCounts unknown() { return {kUnknown, 0}; }
    [[nodiscard]] bool known() const { return decisions != kUnknown; }

    void pass(bool is_decision) {
        decisions += is_decision ? 1 : 0;
        ++lines;
    }
    friend bool operator==(const LineCounts&, const LineCounts&) = default;
};

}  // namespace tailer
