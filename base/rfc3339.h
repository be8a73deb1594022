// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

inline constexpr std::size_t kSecondLength = std::string_view("2026-06-09T12:00:00").size();

/// Reads an RFC 3339 timestamp ("2026-06-09T12:00:00.123456789Z", any numeric zone offset, up to
/// nine fraction digits, more are cut) into nanoseconds since the Unix epoch. Nothing for any other
/// text and for instants that do not fit (before 1677, after 2262).
[[nodiscard]] std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;

/// The same for texts that mostly come from the same second as the one before: their date and clock
/// are read once. Not thread-safe.
class Rfc3339Reader {
public:
    [[nodiscard]] std::optional<std::int64_t> parse(std::string_view text) noexcept;

private:
    char second_[kSecondLength + 1] = "1970-01-01T00:00:00";
    std::int64_t seconds_ = 0;  ///< what second_ reads as
};

/// Appends an instant as Go's time.RFC3339Nano in UTC does: trailing zeros of the fraction, and an
/// empty fraction with its dot, are left out.
void append_rfc3339_nano(std::string& out, std::int64_t unix_ns);

/// The same for instants that mostly lie in the same second as the one before. Not thread-safe.
class Rfc3339Writer {
public:
    static constexpr std::size_t kLongest = kSecondLength + 11;  ///< ".123456789Z"

    /// Borrows from this object until the next call.
    [[nodiscard]] std::string_view text(std::int64_t unix_ns);

private:
    std::optional<std::int64_t> seconds_;  ///< which text_ begins with
    std::array<char, kLongest> text_{};
};

}  // namespace base
