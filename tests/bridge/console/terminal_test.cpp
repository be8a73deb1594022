// SPDX-License-Identifier: MIT
#include "bridge/console/terminal.h"

#include <map>
#include <optional>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>

#include "base/unique_fd.h"

namespace bridge {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Environment environment_of(Variables variables) {
    return [variables = std::move(variables)](std::string_view name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

/// A terminal of its own, `columns` wide.
class Pty {
public:
    explicit Pty(unsigned short columns) {
        winsize size{};
        size.ws_row = 24;
        size.ws_col = columns;
        int master = -1;
        int terminal = -1;
        if (::openpty(&master, &terminal, nullptr, nullptr, &size) != 0) {
            throw std::runtime_error("no pseudo terminal to be had");
        }
        master_ = base::UniqueFd(master);
        terminal_ = base::UniqueFd(terminal);
    }
    [[nodiscard]] int fd() const { return terminal_.get(); }

private:
    base::UniqueFd master_;
    base::UniqueFd terminal_;
};

TEST(TextStyleTest, TakesTheWidthFromTheTerminalThenColumnsThen80) {
    const base::UniqueFd nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    const Pty terminal(132);
    const Pty unsized(0);
    const auto columns = environment_of({{"COLUMNS", "99"}});
    EXPECT_EQ(text_style_for(terminal.fd(), columns).width, 132U);
    EXPECT_EQ(text_style_for(unsized.fd(), columns).width, 99U);
    EXPECT_EQ(text_style_for(nothing.get(), columns).width, 99U);
    EXPECT_EQ(text_style_for(nothing.get(), environment_of({})).width, 80U);
}

TEST(TextStyleTest, MakesSenseOfOddWidths) {
    const base::UniqueFd nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    const std::map<std::string, std::size_t> rows = {
        {"0", 80},
        {"-5", 80},
        {"80x24", 80},
        {"wide", 80},
        {"1", 40},
        {"99999", 200},
        {"18446744073709551616", 80},
    };
    for (const auto& [value, expected] : rows) {
        EXPECT_EQ(text_style_for(nothing.get(), environment_of({{"COLUMNS", value}})).width,
                  expected)
            << value;
    }
}

TEST(TextStyleTest, PaintsOnlyOnATerminalThatCanAndMay) {
    const base::UniqueFd nothing(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    const Pty terminal(80);
    const auto plain = environment_of({{"TERM", "xterm"}});
    EXPECT_TRUE(text_style_for(terminal.fd(), plain).colour);
    EXPECT_FALSE(text_style_for(nothing.get(), plain).colour) << "a pipe or a file";
    EXPECT_FALSE(text_style_for(terminal.fd(), environment_of({{"TERM", "dumb"}})).colour);
    EXPECT_FALSE(text_style_for(terminal.fd(), environment_of({})).colour) << "no TERM at all";
    EXPECT_FALSE(
        text_style_for(terminal.fd(), environment_of({{"TERM", "xterm"}, {"NO_COLOR", "1"}}))
            .colour);
}

TEST(TextStyleTest, DrawsBlocksOnlyWhereTheLocaleIsUtf8) {
    struct Row {
        const char* claim;
        Variables variables;
        bool unicode;
    };
    const Row rows[] = {
        {"no locale is the C locale", {}, false},
        {"LANG counts", {{"LANG", "en_US.UTF-8"}}, true},
        {"glibc spells it so as well", {{"LANG", "C.utf8"}}, true},
        {"a modifier may follow", {{"LANG", "de_DE.UTF-8@euro"}}, true},
        {"another charset", {{"LANG", "de_DE.ISO-8859-1"}}, false},
        {"LC_ALL beats LANG", {{"LC_ALL", "C"}, {"LANG", "en_US.UTF-8"}}, false},
        {"LC_CTYPE beats LANG", {{"LC_CTYPE", "C.UTF-8"}, {"LANG", "C"}}, true},
        {"LC_ALL beats LC_CTYPE", {{"LC_ALL", "POSIX"}, {"LC_CTYPE", "C.UTF-8"}}, false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(text_style_for(-1, environment_of(row.variables)).unicode, row.unicode)
            << row.claim;
    }
}

TEST(PrintableTest, EscapesAllThatATerminalCouldTakeForMoreThanText) {
    struct Row {
        const char* claim;
        std::string text;
        std::string shown;
    };
    const Row rows[] = {
        {"plain text stays", "api.github.example: 100% (ok)", "api.github.example: 100% (ok)"},
        {"an escape sequence", "\x1B[2J\x1B]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"},
        {"line breaks and tabs", "a\nb\rc\td", "a\\nb\\rc\\td"},
        {"NUL, backspace and DEL", std::string("\0\b\x7F", 3), "\\x00\\x08\\x7f"},
        {"a C1 control in UTF-8",
         "\xC2\x9B"
         "31m",
         "\\u009b31m"},
        {"a C1 control as a bare byte",
         "\x9B"
         "31m",
         "\\x9b31m"},
        {"text that runs backwards", "\xE2\x80\xAE", "\\u202e"},
        {"a letter that passes for another", "\xD0\xB0", "\\u0430"},
        {"a code point of four bytes", "\xF0\x9F\x98\x80", "\\U0001f600"},
        {"invalid UTF-8", "\xFF\xC3", "\\xff\\xc3"},
        {"a backslash, so that escapes are unambiguous", "\\x1b", "\\\\x1b"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(printable(row.text), row.shown) << row.claim;
    }
}

TEST(PrintableTest, LeavesNothingButPrintableAsciiOfAnyByte) {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string text = {static_cast<char>(first), static_cast<char>(second)};
            for (const char c : printable(text)) {
                ASSERT_TRUE(c >= ' ' && c <= '~') << first << ' ' << second;
            }
        }
    }
}

TEST(ShortenedTest, CutsANameAtItsFrontAndASentenceAtItsEnd) {
    EXPECT_EQ(shortened("a.long.evil.example", 15, Cut::Front), "...evil.example");
    EXPECT_EQ(shortened("a long sentence", 9, Cut::End), "a long...");
    EXPECT_EQ(shortened("fits", 4, Cut::Front), "fits");
}

TEST(ShortenedTest, NeverGrowsPastItsColumnsAsLongAsTheMarkFits) {
    for (std::size_t columns = 3; columns < 12; ++columns) {
        EXPECT_LE(shortened("0123456789", columns, Cut::Front).size(), columns);
        EXPECT_LE(shortened("0123456789", columns, Cut::End).size(), columns);
    }
}

TEST(TextLineTest, CountsGlyphsAndNotBytesOrPaint) {
    TextLine line(true);
    line.put("▁█", Paint::Red).put("ab").pad_to(6).put("c");
    EXPECT_EQ(line.width(), 7U);
    EXPECT_EQ(line.text(), "\033[31m▁█\033[0mab  c");
}

TEST(TextLineTest, HasNoPaintWithoutColourAndNoSpaceAtItsEnd) {
    TextLine line(false);
    line.put("deny", Paint::Red).pad_to(20);
    EXPECT_EQ(line.text(), "deny");
    EXPECT_EQ(TextLine(false).pad_to(9).text(), "");
}

}  // namespace
}  // namespace bridge
