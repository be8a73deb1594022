// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bridge/console/terminal.h"
#include "bridge/summary/counts.h"
#include "bridge/summary/timeline.h"

namespace bridge {

using TextLines = std::vector<TextLine>;

/// Of every line but titles.
inline constexpr std::size_t kIndent = 2;

/// "2026-06-09 12:00:00" of seconds since the Unix epoch; empty before 1677 and after 2262.
[[nodiscard]] std::string utc_text(std::int64_t unix_seconds);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);

/// `sentence` (printable text) in lines of at most `width` columns, broken at spaces, each behind
/// `indent` spaces.
[[nodiscard]] TextLines wrapped(std::string_view sentence, std::size_t width, std::size_t indent,
                                const TextStyle& style, Paint paint);

/// A sparkline for each verdict over an axis in UTC; style.width wide at most.
[[nodiscard]] TextLines timeline_panel(const Timeline& timeline, const TextStyle& style);

/// The highest counts, each with its share of `total` and a bar.
struct Ranking {
    std::string_view title;
    std::string_view noun;       ///< what a key is, in the plural
    std::string_view empty_key;  ///< shown for the key ""
    const BoundedCounts& counts;
    std::uint64_t total = 0;
    Paint paint = Paint::Plain;
    /// What stands behind some keys.
    const std::unordered_map<std::string, std::string>* beside = nullptr;
};
[[nodiscard]] TextLines ranking_panel(const Ranking& ranking, const TextStyle& style);

}  // namespace bridge
