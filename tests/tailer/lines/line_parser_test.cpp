// SPDX-License-Identifier: MIT
#include "tailer/lines/line_parser.h"

#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tailer/collected.h"

namespace tailer {
namespace {

using test_support::deny_line;
using test_support::kNoon;

constexpr std::string_view kDenyLine =
    "time=2026-06-09T12:00:00Z level=WARN msg=DENY method=GET url=https://h.example/ "
    "host=h.example";
constexpr std::string_view kAllowLine =
    "time=2026-06-09T12:00:00Z level=INFO msg=ALLOW method=GET url=\"https://h.example/?a=b\" "
    "host=h.example rule=\"domain=h.example\"";

/// What is parsed of it, with the padding that a parser needs.
struct Parsed {
    explicit Parsed(std::string line) : text(std::move(line)) {
        const std::size_t size = text.size();
        text.append(kJsonPadding, ' ');
        parsed = parser.parse(std::string_view(text).substr(0, size));
    }
    [[nodiscard]] const Decision* decision() const { return std::get_if<Decision>(&parsed); }
    std::string text;
    LineParser parser;
    ParsedLine parsed;
};

TEST(LineParserTest, FindsADecisionBehindTornBytesWhereverTheTearIs) {
    for (const auto whole : {kDenyLine, kAllowLine}) {
        for (const auto torn : {kDenyLine, kAllowLine}) {
            for (std::size_t cut = 1; cut < torn.size(); ++cut) {
                const Parsed line(std::string(torn.substr(0, cut)) + std::string(whole));
                ASSERT_NE(line.decision(), nullptr) << line.text;
                EXPECT_EQ(line.decision()->time_ns, kNoon) << line.text;
                EXPECT_EQ(line.decision()->method, "GET") << line.text;
                EXPECT_EQ(line.decision()->host, "h.example") << line.text;
                EXPECT_EQ(line.decision()->verdict,
                          whole == kDenyLine ? Verdict::Deny : Verdict::Allow)
                    << line.text;
                EXPECT_EQ(line.decision()->suspect, "") << line.text;
            }
        }
    }
    for (const std::string torn : {"{\"ti", "\xFF\xFE", "time=\"", "x time=", "\x7F=\"time="}) {
        EXPECT_NE(Parsed(torn + std::string(kDenyLine)).decision(), nullptr) << torn;
    }
}

TEST(LineParserTest, FindsNoneWhereItIsNotWholeOrIsPartOfAValue) {
    const std::string notice = "time=2026-06-09T12:00:00Z level=INFO msg=x cmd=";
    const auto deny = std::string(kDenyLine);
    const std::vector<std::string> lines = {
        "junk " + deny.substr(0, deny.size() - std::string("host=h.example").size()),
        "junk " + deny + " \"",
        "junk " + deny + " more",
        "junk " + deny.substr(std::string("time=").size()),
        "junk time=yesterday" + deny.substr(deny.find(" level")),
        notice + "\"" + deny + "\"",
        notice + "\"a " + deny + "\" port=1",
    };
    for (const std::string& line : lines) {
        EXPECT_EQ(Parsed(line).decision(), nullptr) << line;
    }
    const Parsed kept(notice + "\"" + deny + "\"");
    const auto* as_notice = std::get_if<Notice>(&kept.parsed);
    ASSERT_NE(as_notice, nullptr);
    EXPECT_EQ(as_notice->message, "x");
    ASSERT_EQ(as_notice->fields.size(), 1U);
    EXPECT_EQ(as_notice->fields[0].value, deny);
}

}  // namespace
}  // namespace tailer
