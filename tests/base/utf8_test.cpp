// SPDX-License-Identifier: MIT
#include "base/utf8.h"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace base {
namespace {

std::string json_string(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string valid_utf8(std::string_view text) {
    std::string out;
    append_valid_utf8(out, text);
    return out;
}

bool is_valid_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_sequence_length(text);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

TEST(Utf8Test, MeasuresTheSequenceAtTheFront) {
    struct Row {
        std::string_view what;
        std::string_view text;
        std::size_t length;
    };
    constexpr Row kRows[] = {
        {"ASCII", "ab", 1},
        {"NUL", std::string_view("\0", 1), 1},
        {"DEL", "\x7f", 1},
        {"the first of two bytes", "\xC2\x80", 2},
        {"the last of two bytes", "\xDF\xBF", 2},
        {"the first of three bytes", "\xE0\xA0\x80", 3},
        {"the last before the surrogates", "\xED\x9F\xBF", 3},
        {"the first behind the surrogates", "\xEE\x80\x80", 3},
        {"the replacement character itself", "\xEF\xBF\xBD", 3},
        {"U+FFFF", "\xEF\xBF\xBF", 3},
        {"the first of four bytes", "\xF0\x90\x80\x80", 4},
        {"U+10FFFF", "\xF4\x8F\xBF\xBF", 4},
        {"a sequence with more behind it", "\xC3\xA9x", 2},
        {"a stray continuation", "\x80", 0},
        {"the last stray continuation", "\xBF", 0},
        {"an overlong slash of two bytes", "\xC0\xAF", 0},
        {"an overlong DEL", "\xC1\xBF", 0},
        {"an overlong of three bytes", "\xE0\x9F\xBF", 0},
        {"an overlong of four bytes", "\xF0\x8F\xBF\xBF", 0},
        {"the first surrogate", "\xED\xA0\x80", 0},
        {"the last surrogate", "\xED\xBF\xBF", 0},
        {"beyond U+10FFFF", "\xF4\x90\x80\x80", 0},
        {"a lead byte that leads nothing", "\xF5\x80\x80\x80", 0},
        {"0xFF", "\xFF", 0},
        {"two bytes cut to one", "\xC3", 0},
        {"three bytes cut to two", "\xE2\x82", 0},
        {"four bytes cut to three", "\xF0\x9F\x98", 0},
        {"ASCII where the second byte should be", "\xC3x", 0},
        {"ASCII where the third byte should be", "\xE2\x82x", 0},
        {"ASCII where the fourth byte should be", "\xF0\x9F\x98x", 0},
    };
    for (const auto& row : kRows) {
        EXPECT_EQ(utf8_sequence_length(row.text), row.length) << row.what;
    }
}

TEST(Utf8Test, ReplacesEachInvalidByteAndKeepsTheRest) {
    EXPECT_EQ(valid_utf8(""), "");
    EXPECT_EQ(valid_utf8("plain"), "plain");
    EXPECT_EQ(valid_utf8("\u65e5\u672c \U0001F600"), "\u65e5\u672c \U0001F600");
    EXPECT_EQ(valid_utf8("a\xFFz"), "a\uFFFDz");
    EXPECT_EQ(valid_utf8("\xFE\xFF"), "\uFFFD\uFFFD");
    EXPECT_EQ(valid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(valid_utf8("cut \xF0\x9F\x98"), "cut \uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(valid_utf8("\xC3\xC3\xA9"), "\uFFFD\u00E9");
}

TEST(JsonStringTest, EscapesOnlyWhatJsonDemands) {
    struct Row {
        std::string_view what;
        std::string_view text;
        std::string_view json;
    };
    constexpr Row kRows[] = {
        {"nothing", "", R"("")"},
        {"plain text", "left-pad", R"("left-pad")"},
        {"slash, ampersand and angle brackets stay", "https://h.example/?a=1&b=<2>",
         R"("https://h.example/?a=1&b=<2>")"},
        {"quote and backslash", R"(a"b\c)", R"("a\"b\\c")"},
        {"a backslash at the end", "a\\", R"("a\\")"},
        {"controls with a short form", "\b\f\n\r\t", R"("\b\f\n\r\t")"},
        {"controls without one", "\x01\x1b\x1f", R"("\u0001\u001b\u001f")"},
        {"NUL", std::string_view("a\0b", 3), R"("a\u0000b")"},
        {"DEL stays", "\x7f", "\"\x7f\""},
        {"letters beyond ASCII stay", "b\u00FCcher \U0001F600", "\"b\u00FCcher \U0001F600\""},
        {"line separators stay", "\u2028\u2029", "\"\u2028\u2029\""},
        {"invalid bytes are replaced", "\xFFx\xC3", "\"\uFFFDx\uFFFD\""},
        {"an attempt to end the string", R"(","decision":"allow)", R"("\",\"decision\":\"allow")"},
    };
    for (const auto& row : kRows) {
        EXPECT_EQ(json_string(row.text), row.json) << row.what;
    }
}

TEST(Utf8PrefixTest, CutsBetweenCharacters) {
    EXPECT_EQ(utf8_prefix("abc", 3), "abc");
    EXPECT_EQ(utf8_prefix("abcd", 3), "abc");
    EXPECT_EQ(utf8_prefix("ab\xC3\xA9", 3), "ab");
    EXPECT_EQ(utf8_prefix("a\xF0\x9F\x94\xA5", 4), "a");
    EXPECT_EQ(utf8_prefix("\xC3\xA9", 1), "");
    EXPECT_EQ(utf8_prefix("\x80\x80\x80\x80\x80\x80", 5), "\x80\x80\x80\x80\x80");
    EXPECT_EQ(utf8_prefix("abc", 0), "");
}

TEST(JsonStringTest, AppendsToWhatIsThere) {
    std::string out = "{";
    append_json_string(out, "a");
    EXPECT_EQ(out, R"({"a")");
}

TEST(JsonStringTest, WhateverGoesInTheResultIsOneValidJsonString) {
    std::mt19937 random(2);
    std::uniform_int_distribution<int> any_byte(0, 255);
    std::uniform_int_distribution<std::size_t> any_length(0, 64);
    for (int i = 0; i < 20'000; ++i) {
        std::string text(any_length(random), '\0');
        for (char& c : text) {
            c = static_cast<char>(any_byte(random));
        }
        const std::string json = json_string(text);
        ASSERT_TRUE(is_valid_utf8(json));
        ASSERT_GE(json.size(), 2U);
        ASSERT_EQ(json.front(), '"');
        std::size_t at = 1;
        while (at < json.size() && json[at] != '"') {
            ASSERT_GE(static_cast<std::uint8_t>(json[at]), 0x20);
            at += json[at] == '\\' ? 2 : 1;
        }
        ASSERT_EQ(at, json.size() - 1) << "the string ends before its end: " << json;
    }
}

}  // namespace
}  // namespace base
