// SPDX-License-Identifier: MIT
#include "base/rfc3339.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/nanoseconds.h"

namespace base {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Reads exactly `count` digits from the front of `text`, or gives -1.
int take_digits(std::string_view& text, std::size_t count) noexcept {
    if (text.size() < count) {
        return -1;
    }
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_digit(text[i])) {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char expected) noexcept {
    if (text.empty() || text.front() != expected) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

std::optional<std::int64_t> take_date(std::string_view& text) noexcept {
    const int year = take_digits(text, 4);
    const bool dash_one = take(text, '-');
    const int month = take_digits(text, 2);
    const bool dash_two = take(text, '-');
    const int day = take_digits(text, 2);
    if (year < 0 || month < 0 || day < 0 || !dash_one || !dash_two) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date).time_since_epoch().count() * kSecondsPerDay;
}

std::optional<std::int64_t> take_clock(std::string_view& text) noexcept {
    const int hour = take_digits(text, 2);
    const bool colon_one = take(text, ':');
    const int minute = take_digits(text, 2);
    const bool colon_two = take(text, ':');
    const int second = take_digits(text, 2);
    // RFC 3339 knows leap seconds, Go's formatter never writes one.
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
        !colon_one || !colon_two) {
        return std::nullopt;
    }
    return hour * 3600 + minute * 60 + second;
}

/// Seconds since the epoch, were the clock in UTC.
std::optional<std::int64_t> take_date_and_clock(std::string_view& text) noexcept {
    const auto date = take_date(text);
    if (!date || !take(text, 'T')) {
        return std::nullopt;
    }
    const auto clock = take_clock(text);
    return clock ? std::optional(*date + *clock) : std::nullopt;
}

std::optional<std::int64_t> take_fraction(std::string_view& text) noexcept {
    if (!take(text, '.')) {
        return 0;
    }
    std::int64_t nanos = 0;
    int digits = 0;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
        if (digits < 9) {
            nanos = nanos * 10 + (text.front() - '0');
        }
        ++digits;
    }
    if (digits == 0) {
        return std::nullopt;
    }
    for (; digits < 9; ++digits) {
        nanos *= 10;
    }
    return nanos;
}

std::optional<std::int64_t> take_zone(std::string_view& text) noexcept {
    if (take(text, 'Z')) {
        return 0;
    }
    if (text.empty() || (text.front() != '+' && text.front() != '-')) {
        return std::nullopt;
    }
    const std::int64_t sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const int hours = take_digits(text, 2);
    const bool colon = take(text, ':');
    const int minutes = take_digits(text, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !colon) {
        return std::nullopt;
    }
    return sign * (hours * 3600 + minutes * 60);
}

char* put_digits(char* at, std::uint32_t value, int width) {
    for (int i = width - 1; i >= 0; --i) {
        at[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    return at + width;
}

/// "2026-06-09T12:00:00"
void put_second(char* at, std::int64_t unix_seconds) {
    const std::chrono::sys_seconds instant{std::chrono::seconds(unix_seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{instant - day};
    at = put_digits(at, static_cast<std::uint32_t>(static_cast<int>(date.year())), 4);
    *at++ = '-';
    at = put_digits(at, static_cast<unsigned>(date.month()), 2);
    *at++ = '-';
    at = put_digits(at, static_cast<unsigned>(date.day()), 2);
    *at++ = 'T';
    at = put_digits(at, static_cast<std::uint32_t>(clock.hours().count()), 2);
    *at++ = ':';
    at = put_digits(at, static_cast<std::uint32_t>(clock.minutes().count()), 2);
    *at++ = ':';
    put_digits(at, static_cast<std::uint32_t>(clock.seconds().count()), 2);
}

/// What stands behind the second.
std::optional<std::int64_t> with_rest(std::int64_t seconds, std::string_view text) noexcept {
    const auto nanos = take_fraction(text);
    if (!nanos) {
        return std::nullopt;
    }
    const auto zone = take_zone(text);
    if (!zone || !text.empty()) {
        return std::nullopt;
    }
    std::int64_t unix_ns = 0;
    if (__builtin_mul_overflow(seconds - *zone, kNanosPerSecond, &unix_ns) ||
        __builtin_add_overflow(unix_ns, *nanos, &unix_ns)) {
        return std::nullopt;
    }
    return unix_ns;
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
    return Rfc3339Reader().parse(text);
}

std::optional<std::int64_t> Rfc3339Reader::parse(std::string_view text) noexcept {
    const bool same =
        text.size() > kSecondLength && std::memcmp(text.data(), &second_[0], kSecondLength) == 0;
    std::string_view rest = text;
    if (same) {
        rest.remove_prefix(kSecondLength);
    } else {
        const auto seconds = take_date_and_clock(rest);
        if (!seconds) {
            return std::nullopt;
        }
        std::memcpy(&second_[0], text.data(), kSecondLength);
        seconds_ = *seconds;
    }
    return with_rest(seconds_, rest);
}

void append_rfc3339_nano(std::string& out, std::int64_t unix_ns) {
    out += Rfc3339Writer().text(unix_ns);
}

std::string_view Rfc3339Writer::text(std::int64_t unix_ns) {
    std::int64_t seconds = unix_ns / kNanosPerSecond;
    std::int64_t nanos = unix_ns % kNanosPerSecond;
    if (nanos < 0) {
        nanos += kNanosPerSecond;
        --seconds;
    }
    if (seconds_ != seconds) {
        put_second(text_.data(), seconds);
        seconds_ = seconds;
    }
    char* at = text_.data() + kSecondLength;
    if (nanos != 0) {
        constexpr auto kNanos = static_cast<std::uint32_t>(kNanosPerMillisecond);
        const auto fraction = static_cast<std::uint32_t>(nanos);
        *at++ = '.';
        at = fraction % kNanos == 0 ? put_digits(at, fraction / kNanos, 3)
                                    : put_digits(at, fraction, 9);
        while (at[-1] == '0') {
            --at;
        }
    }
    *at++ = 'Z';
    return {text_.data(), static_cast<std::size_t>(at - text_.data())};
}

}  // namespace base
