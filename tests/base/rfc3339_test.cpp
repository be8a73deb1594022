// SPDX-License-Identifier: MIT
#include "base/rfc3339.h"

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace base {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
/// 2026-06-09T12:00:00Z
constexpr std::int64_t kNoon = 1'781'006'400 * kSecond;

struct Readable {
    std::string_view what;
    std::string_view text;
    std::int64_t unix_ns;
};

TEST(Rfc3339Test, ReadsEveryFormThatGoWrites) {
    constexpr Readable kRows[] = {
        {"the epoch", "1970-01-01T00:00:00Z", 0},
        {"no fraction", "2026-06-09T12:00:00Z", kNoon},
        {"Boundary's three digits", "2026-06-09T12:00:00.123Z", kNoon + 123'000'000},
        {"one digit", "2026-06-09T12:00:00.5Z", kNoon + 500'000'000},
        {"nine digits", "2026-06-09T12:00:00.123456789Z", kNoon + 123'456'789},
        {"digits beyond nine are cut, not rounded", "2026-06-09T12:00:00.1234567899Z",
         kNoon + 123'456'789},
        {"a zone east", "2026-06-09T13:00:00+01:00", kNoon},
        {"a zone west", "2026-06-09T08:30:00-03:30", kNoon},
        {"a zone of zero in digits", "2026-06-09T12:00:00+00:00", kNoon},
        {"a zone that moves the date", "2026-06-10T11:59:00+23:59", kNoon},
        {"a fraction and a zone", "2026-06-09T17:45:00.001+05:45", kNoon + 1'000'000},
        {"a leap day", "2000-02-29T00:00:00Z", 951'782'400 * kSecond},
        {"the last second of a year", "2026-12-31T23:59:59Z", 1'798'761'599 * kSecond},
        {"before the epoch", "1969-12-31T23:59:59.999999999Z", -1},
        {"the last instant that fits", "2262-04-11T23:47:16.854775807Z",
         std::numeric_limits<std::int64_t>::max()},
    };
    for (const auto& row : kRows) {
        EXPECT_EQ(parse_rfc3339(row.text), row.unix_ns) << row.what;
    }
}

TEST(Rfc3339Test, RefusesAnyOtherText) {
    struct Refused {
        std::string_view what;
        std::string_view text;
    };
    constexpr Refused kRows[] = {
        {"nothing", ""},
        {"a word", "yesterday"},
        {"a date alone", "2026-06-09"},
        {"no zone", "2026-06-09T12:00:00"},
        {"no zone behind a fraction", "2026-06-09T12:00:00.123"},
        {"a space for the T", "2026-06-09 12:00:00Z"},
        {"a small t", "2026-06-09t12:00:00Z"},
        {"a small z", "2026-06-09T12:00:00z"},
        {"a dot without digits", "2026-06-09T12:00:00.Z"},
        {"a comma for the dot", "2026-06-09T12:00:00,123Z"},
        {"month 13", "2026-13-01T00:00:00Z"},
        {"month 0", "2026-00-01T00:00:00Z"},
        {"day 0", "2026-06-00T00:00:00Z"},
        {"day 31 of a month of 30", "2026-06-31T00:00:00Z"},
        {"a leap day in a year that has none", "2100-02-29T00:00:00Z"},
        {"hour 24", "2026-06-09T24:00:00Z"},
        {"minute 60", "2026-06-09T12:60:00Z"},
        {"a leap second", "2016-12-31T23:59:60Z"},
        {"a one-digit hour", "2026-06-09T9:00:00Z"},
        {"five digits of year", "12026-06-09T12:00:00Z"},
        {"a sign on the year", "-026-06-09T12:00:00Z"},
        {"a zone without colon", "2026-06-09T12:00:00+0100"},
        {"a zone of hours only", "2026-06-09T12:00:00+01"},
        {"a zone of 24 hours", "2026-06-09T12:00:00+24:00"},
        {"a zone of 60 minutes", "2026-06-09T12:00:00+01:60"},
        {"a named zone", "2026-06-09T12:00:00CET"},
        {"text behind", "2026-06-09T12:00:00Z "},
        {"text before", " 2026-06-09T12:00:00Z"},
        {"Arabic-Indic digits", "\u0662\u0660\u0662\u0666-06-09T12:00:00Z"},
        {"a NUL", std::string_view("2026-06-09T12:00:00Z\0", 21)},
        {"an instant too early", "1677-09-21T00:12:43Z"},
        {"an instant too late by a nanosecond", "2262-04-11T23:47:16.854775808Z"},
        {"the year 9999", "9999-12-31T23:59:59Z"},
        {"the year 0", "0000-01-01T00:00:00Z"},
    };
    for (const auto& row : kRows) {
        EXPECT_FALSE(parse_rfc3339(row.text).has_value()) << row.what;
    }
}

TEST(Rfc3339Test, RefusesEveryCutOfAnInstant) {
    constexpr std::string_view kWhole = "2026-06-09T12:00:00.123456789+01:00";
    for (std::size_t length = 0; length < kWhole.size(); ++length) {
        EXPECT_FALSE(parse_rfc3339(kWhole.substr(0, length)).has_value()) << length;
    }
}

TEST(Rfc3339Test, WritesAsGosRfc3339NanoDoes) {
    constexpr Readable kRows[] = {
        {"the epoch", "1970-01-01T00:00:00Z", 0},
        {"no fraction, no dot", "2026-06-09T12:00:00Z", kNoon},
        {"trailing zeros go", "2026-06-09T12:00:00.12Z", kNoon + 120'000'000},
        {"leading zeros stay", "2026-06-09T12:00:00.000000007Z", kNoon + 7},
        {"all nine digits", "2026-06-09T12:00:00.123456789Z", kNoon + 123'456'789},
        {"before the epoch", "1969-12-31T23:59:59.999999999Z", -1},
        {"the first instant", "1677-09-21T00:12:43.145224192Z",
         std::numeric_limits<std::int64_t>::min()},
        {"the last instant", "2262-04-11T23:47:16.854775807Z",
         std::numeric_limits<std::int64_t>::max()},
    };
    for (const auto& row : kRows) {
        std::string out = "at ";
        append_rfc3339_nano(out, row.unix_ns);
        EXPECT_EQ(out, "at " + std::string(row.text)) << row.what;
    }
}

TEST(Rfc3339Test, ReadsBackWhatItWrites) {
    std::mt19937_64 random(1);
    std::uniform_int_distribution<std::int64_t> instants(-9'223'372'036 * kSecond,
                                                         std::numeric_limits<std::int64_t>::max());
    for (int i = 0; i < 20'000; ++i) {
        const std::int64_t unix_ns = instants(random);
        std::string text;
        append_rfc3339_nano(text, unix_ns);
        ASSERT_EQ(parse_rfc3339(text), unix_ns) << text;
    }
}

/// What is remembered of one text must not colour the next.
TEST(Rfc3339Test, WhatIsRememberedOfASecondChangesNothing) {
    std::mt19937_64 random(2);
    Rfc3339Reader reader;
    Rfc3339Writer writer;
    std::int64_t unix_ns = kNoon;
    for (int i = 0; i < 20'000; ++i) {
        unix_ns += static_cast<std::int64_t>(random() % 400'000'000) - 100'000'000;
        std::string text;
        append_rfc3339_nano(text, unix_ns);
        ASSERT_EQ(writer.text(unix_ns), text);
        ASSERT_EQ(reader.parse(text), unix_ns) << text;
        // A byte that makes it none, and a zone, each next to the second that was just read.
        std::string broken = text;
        broken[random() % broken.size()] = '!';
        ASSERT_FALSE(reader.parse(broken).has_value()) << broken;
        text.replace(text.size() - 1, 1, "+02:00");
        ASSERT_EQ(reader.parse(text), unix_ns - 7200 * kSecond) << text;
    }
    EXPECT_FALSE(Rfc3339Reader().parse(std::string(kSecondLength, '\0') + "Z").has_value());
    EXPECT_EQ(Rfc3339Reader().parse("1970-01-01T00:00:00Z"), 0);
}

}  // namespace
}  // namespace base
