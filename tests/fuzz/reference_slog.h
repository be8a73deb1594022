// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fuzz {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// The pairs of a log/slog TextHandler line, read one byte after another by the rules of
/// log/slog/text_handler.go (what is quoted) and strconv/quote.go (how); nothing for a line that
/// these cannot have made. Slow, and meant to be read.
[[nodiscard]] std::optional<Pairs> reference_pairs(const std::string& line);

/// What such a line is: "decision", "notice", or the reason why it is neither.
[[nodiscard]] std::string reference_verdict(const std::string& line);

}  // namespace fuzz
