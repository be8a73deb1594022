// SPDX-License-Identifier: MIT
#include "bridge/settings/quantity.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <string>

#include "base/rfc3339.h"
#include "base/text.h"

namespace bridge {

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    text = base::trim(text);
    std::uint64_t number = 0;
    const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{}) {
        return std::nullopt;
    }
    std::string unit;
    for (const char c : base::trim(text.substr(static_cast<std::size_t>(stop - text.data())))) {
        unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    unsigned shift = 0;
    if (unit == "k" || unit == "kb" || unit == "kib") {
        shift = 10;
    } else if (unit == "m" || unit == "mb" || unit == "mib") {
        shift = 20;
    } else if (unit == "g" || unit == "gb" || unit == "gib") {
        shift = 30;
    } else if (!unit.empty() && unit != "b") {
        return std::nullopt;
    }
    if (number > UINT64_MAX >> shift) {
        return std::nullopt;
    }
    return number << shift;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    text = base::trim(text);
    double number = 0;
    const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit = text.substr(static_cast<std::size_t>(stop - text.data()));
    const double scale = unit == "ms"  ? 1
                         : unit == "s" ? 1e3
                         : unit == "m" ? 60e3
                         : unit == "h" ? 3600e3
                                       : 0;
    const double milliseconds = number * scale;
    constexpr double kLongest = 24 * 3600e3;
    if (code != std::errc{} || scale == 0 || !(milliseconds >= 0) || milliseconds > kLongest) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(std::llround(milliseconds));
}

std::optional<std::chrono::seconds> parse_range(std::string_view text) {
    std::int64_t count = 0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, count);
    if (code != std::errc{} || end - stop != 1 || count <= 0 || count > 366 * 86'400) {
        return std::nullopt;
    }
    const std::string_view units = "smhd";
    constexpr std::array<std::int64_t, 4> kSeconds = {1, 60, 3600, 86'400};
    const std::size_t unit = units.find(*stop);
    if (unit == std::string_view::npos || count * kSeconds.at(unit) > 366 * 86'400) {
        return std::nullopt;
    }
    return std::chrono::seconds(count * kSeconds.at(unit));
}

std::optional<std::uint32_t> parse_user_id(std::string_view text) {
    std::uint32_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, number);
    if (code != std::errc{} || stop != end || number == UINT32_MAX) {
        return std::nullopt;
    }
    return number;
}

std::optional<std::int64_t> parse_instant(std::string_view text, std::int64_t now_ns) {
    if (const auto span = parse_range(text)) {
        return now_ns - std::chrono::nanoseconds(*span).count();
    }
    return base::parse_rfc3339(text);
}

}  // namespace bridge
