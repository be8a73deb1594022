// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bridge {

/// "262144", "256KiB", "1 MiB", "64k": bytes, with binary units.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);

/// "1s", "500ms", "1m", "1.5s": milliseconds, up to a day.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "90s", "15m", "24h", "7d": a range of a dashboard, up to a year.
[[nodiscard]] std::optional<std::chrono::seconds> parse_range(std::string_view text);

/// A numeric user id as chown(2) takes it: any but the highest, which means none.
[[nodiscard]] std::optional<std::uint32_t> parse_user_id(std::string_view text);

/// "2026-06-09T12:00:00Z", or a span before now such as "15m", "6h" or "7d": nanoseconds since the
/// Unix epoch.
[[nodiscard]] std::optional<std::int64_t> parse_instant(std::string_view text, std::int64_t now_ns);

}  // namespace bridge
