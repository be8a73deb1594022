// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// Reads an RFC 3339 timestamp ("2026-06-09T12:00:00.123456789Z", any numeric zone offset, up to
/// nine fraction digits, more are cut) into nanoseconds since the Unix epoch. Nothing for any other
/// text and for instants that do not fit (before 1677, after 2262).
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;

/// Appends an instant as Go's time.RFC3339Nano in UTC does: trailing zeros of the fraction, and an
/// empty fraction with its dot, are left out.
void append_rfc3339_nano(std::string& out, std::int64_t unix_ns);

}  // namespace base
