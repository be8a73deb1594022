// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/loki/batch.h"

namespace exporter {

/// What a segment holds of one session and one kind, by the entries' numbers there: enough to find
/// them in the log file again, and to say how many are lost where that is gone.
struct Holding {
    std::string session;        ///< empty: entries without a number, which no log file holds
    bool decisions = false;     ///< else notices; each kind has numbers of its own
    std::string numbers;        ///< as "0-5,7"; ascending
    std::int64_t first_ns = 0;  ///< timestamp of the lowest: a rewritten log has another there
    friend bool operator==(const Holding&, const Holding&) = default;
};

/// Of the entries of one stream, a run of append_entry() results. With their `slots`, two logs
/// under one name, of which one followed the other, are told apart.
[[nodiscard]] std::vector<Holding> holdings_of(std::string_view labels, std::string_view entries,
                                               std::span<const SealedBatch::Slot> slots = {});

/// Such numbers, to be looked up.
class Numbers {
public:
    /// Nothing when the text is none of ours.
    [[nodiscard]] static std::optional<Numbers> parse(std::string_view text);
    [[nodiscard]] bool contains(std::uint64_t number) const;
    [[nodiscard]] std::uint64_t lowest() const { return runs_.front().first; }
    [[nodiscard]] std::uint64_t count() const;

private:
    std::vector<std::pair<std::uint64_t, std::uint64_t>> runs_;  ///< first and last; never empty
};

}  // namespace exporter
