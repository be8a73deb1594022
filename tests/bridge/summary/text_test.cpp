// SPDX-License-Identifier: MIT
#include "bridge/summary/text.h"

#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bridge/summary/records.h"

namespace bridge {
namespace {

using test_support::decide;
using test_support::kNoonNs;
using test_support::kSecondNs;
using test_support::notice;
using testing::HasSubstr;
using testing::Not;

const std::string kHere = BOUNDARY_LOKI_SOURCE_DIR "/tests/bridge/summary/";
const std::string kSamples = BOUNDARY_LOKI_SOURCE_DIR "/tests/samples/boundary_logs";

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void gather(SummaryGatherer& gatherer, const std::string& path) {
    auto tailer = tailer::Tailer::once({path}, {}, {});
    ASSERT_TRUE(tailer.has_value());
    tailer->look(false);
    while (tailer->read(1U << 20U, gatherer)) {
    }
    gatherer.data().files = tailer->files().size();
}

/// Glyphs in the widest line.
std::size_t widest(const std::string& text) {
    std::istringstream lines(text);
    std::size_t width = 0;
    for (std::string line; std::getline(lines, line);) {
        width = std::max(width, TextLine(false).put(line).width());
    }
    return width;
}

struct Golden {
    const char* file;
    TextStyle style;

    // For the test's name in reports.
    friend void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.file; }
};

class SummaryGoldenTest : public testing::TestWithParam<Golden> {};

TEST_P(SummaryGoldenTest, ShowsTheSamplesAsTheGoldenFileDoes) {
    SummaryGatherer gatherer;
    gather(gatherer, kSamples);
    EXPECT_EQ(summary_text(gatherer.data(), GetParam().style), content_of(kHere + GetParam().file))
        << "where the change is meant: COLUMNS=" << GetParam().style.width
        << " LC_ALL=" << (GetParam().style.unicode ? "C.UTF-8" : "C")
        << " boundary-loki summary tests/samples/boundary_logs >tests/bridge/summary/"
        << GetParam().file;
}

INSTANTIATE_TEST_SUITE_P(
    Widths, SummaryGoldenTest,
    testing::Values(
        Golden{"samples_80_ascii.txt", {.width = 80, .colour = false, .unicode = false}},
        Golden{"samples_80.txt", {.width = 80, .colour = false, .unicode = true}},
        Golden{"samples_160.txt", {.width = 160, .colour = false, .unicode = true}},
        Golden{"samples_200.txt", {.width = 200, .colour = false, .unicode = true}},
        Golden{"samples_200_ascii.txt", {.width = 200, .colour = false, .unicode = false}}),
    [](const auto& golden) {
        return std::string(golden.param.style.unicode ? "Unicode" : "Ascii") +
               std::to_string(golden.param.style.width);
    });

TEST(SummaryTextTest, KeepsWithinEveryWidth) {
    SummaryGatherer gatherer;
    gather(gatherer, kSamples);
    decide(gatherer, {.domain = std::string(250, 'd'), .method = std::string(200, 'M')});
    decide(gatherer, {.tool_call_id = std::string(200, 't')});
    notice(gatherer, "WARN", std::string(200, 'w'));
    gatherer.on_unparsed({.reason = "not_slog", .text = "", .session = "", .source = {}});
    for (int i = 0; i < 9'000; ++i) {
        decide(gatherer, {.domain = std::to_string(i) + ".example"});
    }
    gatherer.data().unreadable = 12;
    for (std::size_t width = 40; width <= 200; ++width) {
        for (const bool unicode : {false, true}) {
            const auto text = summary_text(gatherer.data(), {width, false, unicode});
            ASSERT_LE(widest(text), width) << text;
        }
    }
}

TEST(SummaryTextTest, IsPlainAsciiWithoutUtf8) {
    SummaryGatherer gatherer;
    gather(gatherer, kSamples);
    for (const char c : summary_text(gatherer.data(), {.width = 120})) {
        ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << static_cast<int>(c);
    }
}

TEST(SummaryTextTest, SaysTheSameWithPaintAsWithout) {
    SummaryGatherer gatherer;
    gather(gatherer, kSamples);
    const auto painted = summary_text(gatherer.data(), {80, true, true});
    EXPECT_THAT(painted, HasSubstr("\033[32m13\033[0m"));
    EXPECT_THAT(painted, HasSubstr("\033[31m16\033[0m"));
    std::string bare;
    for (std::size_t i = 0; i < painted.size(); ++i) {
        if (painted[i] == '\033') {
            i = painted.find('m', i);
        } else {
            bare += painted[i];
        }
    }
    EXPECT_EQ(bare, summary_text(gatherer.data(), {80, false, true}));
}

TEST(SummaryTextTest, LetsNothingFromALogReachTheTerminalRaw) {
    const std::string hostile =
        "x\x1B]0;owned\x07\n\xC2\x9B"
        "2J\xE2\x80\xAE\x7F";
    SummaryGatherer gatherer;
    decide(gatherer, {.allow = true, .domain = hostile, .method = hostile});
    decide(gatherer, {.domain = hostile, .method = hostile, .tool_call_id = hostile});
    notice(gatherer, "ERROR", hostile);
    notice(gatherer, hostile, hostile);
    gatherer.on_unparsed({.reason = hostile, .text = hostile, .session = hostile, .source = {}});
    const auto text = summary_text(gatherer.data(), {.width = 200});
    for (const char c : text) {
        ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << static_cast<int>(c);
    }
    EXPECT_THAT(text, HasSubstr("x\\x1b]0;owned\\x07\\n\\u009b2J\\u202e\\x7f"));
}

TEST(SummaryTextTest, HintsAtTheLogLevelWhenOnlyDeniesAreThere) {
    constexpr auto kHint = "no ALLOW seen: Boundary logs ALLOW only at log_level info";
    SummaryGatherer gatherer;
    gatherer.data().files = 1;
    decide(gatherer, {.allow = false});
    EXPECT_THAT(summary_text(gatherer.data(), {}), HasSubstr(kHint));
    decide(gatherer, {.allow = true});
    EXPECT_THAT(summary_text(gatherer.data(), {}), Not(HasSubstr(kHint)));
}

TEST(SummaryTextTest, SaysWhenThereIsNothingToShow) {
    SummaryGatherer gatherer;
    const auto empty = summary_text(gatherer.data(), {});
    EXPECT_THAT(empty, HasSubstr("no log file here"));
    EXPECT_THAT(empty, Not(HasSubstr("Timeline")));
    EXPECT_THAT(empty, Not(HasSubstr("Top denied")));
    gatherer.data().files = 1;
    notice(gatherer, "INFO", "started");
    EXPECT_THAT(summary_text(gatherer.data(), {}), HasSubstr("no decision seen"));
}

TEST(SummaryTextTest, DrawsNoConclusionFromWhatItCouldNotRead) {
    SummaryGatherer gatherer;
    gatherer.data().unreadable = 1;
    const auto text = summary_text(gatherer.data(), {});
    EXPECT_THAT(text, HasSubstr("could not be read"));
    EXPECT_THAT(text, Not(HasSubstr("no log file")));
    gatherer.data().files = 1;
    EXPECT_THAT(summary_text(gatherer.data(), {}), Not(HasSubstr("no decision")));
}

TEST(SummaryTextTest, SaysWhatTheNumbersLeaveOut) {
    SummaryGatherer gatherer;
    decide(gatherer, {});
    gatherer.on_unparsed({.reason = "bad_time", .text = "", .session = "", .source = {}});
    gatherer.on_unparsed({.reason = "not_slog", .text = "", .session = "", .source = {}});
    gatherer.data().unreadable = 1;
    const auto text = summary_text(gatherer.data(), {.width = 120});
    EXPECT_THAT(text,
                HasSubstr("3 lines read = 1 decision + 0 notices + 0 life cycle + 2 unparsed"));
    EXPECT_THAT(text, HasSubstr("! 2 lines not understood: bad_time 1, not_slog 1\n"));
    EXPECT_THAT(text, HasSubstr("! 1 path could not be read to the end"));
}

TEST(SummaryTextTest, ShowsDeniesByToolCallOnlyWhenThereAreSome) {
    SummaryGatherer gatherer;
    decide(gatherer, {});
    EXPECT_THAT(summary_text(gatherer.data(), {}), Not(HasSubstr("tool call")));
    decide(gatherer, {.tool_call_id = "toolu_01"});
    EXPECT_THAT(summary_text(gatherer.data(), {}), HasSubstr("Denies by tool call\n  toolu_01"));
    decide(gatherer, {.tool_call_id = "toolu_02", .tool_name = "Bash"});
    EXPECT_THAT(summary_text(gatherer.data(), {}), HasSubstr("\n  toolu_02 Bash"));
}

TEST(SummaryTextTest, ShowsTheRulesThatLetThrough) {
    SummaryGatherer gatherer;
    decide(gatherer, {});
    EXPECT_THAT(summary_text(gatherer.data(), {}), Not(HasSubstr("rule")));
    decide(gatherer, {.allow = true, .rule = "domain=a.example"});
    EXPECT_THAT(summary_text(gatherer.data(), {}),
                HasSubstr("Allowed by rule\n  domain=a.example"));
}

TEST(SummaryTextTest, ShowsTheTopTenAndSumsUpTheRest) {
    SummaryGatherer gatherer;
    for (int domain = 0; domain < 15; ++domain) {
        for (int i = 0; i <= domain; ++i) {
            decide(gatherer, {.domain = "d" + std::to_string(domain) + ".example"});
        }
    }
    const auto text = summary_text(gatherer.data(), {});
    EXPECT_THAT(text, HasSubstr("d14.example"));
    EXPECT_THAT(text, HasSubstr("d5.example"));
    EXPECT_THAT(text, Not(HasSubstr("d4.example")));
    EXPECT_THAT(text, HasSubstr("  5 more domains: 15\n"));
}

TEST(SummaryTextTest, AdmitsThatATableWasFull) {
    SummaryGatherer gatherer;
    for (int i = 0; i < 9'000; ++i) {
        decide(gatherer, {.domain = std::to_string(i) + ".example"});
    }
    const auto other = gatherer.data().deny.domains.other();
    ASSERT_GT(other, 0U);
    EXPECT_THAT(summary_text(gatherer.data(), {.width = 120}),
                HasSubstr("other: " + std::to_string(other / 1000) + "," +
                          std::to_string(other % 1000 + 1000).substr(1) + " (too many domains"));
}

TEST(SummaryTextTest, CutsALongDomainAtItsFront) {
    SummaryGatherer gatherer;
    decide(gatherer, {.domain = std::string(300, 'a') + ".evil.example"});
    decide(gatherer, {.domain = std::string(100, 'a') + ".evil.example"});
    EXPECT_THAT(summary_text(gatherer.data(), {}), HasSubstr("a.evil.example"));
}

TEST(SummaryTextTest, LabelsTheTimelineByItsSpan) {
    struct Row {
        const char* claim;
        std::int64_t seconds;
        const char* first;
        const char* last;
    };
    const Row rows[] = {
        {"seconds of one day", 30, "12:00:00", "12:00:30"},
        {"hours of one day", 9 * 3600, "12:00", "21:00"},
        {"days of one year", 9 * 86'400, "06-09", "06-18 12:00"},
        {"years", 3 * 365 * 86'400, "2026-0", "2029-0"},
    };
    for (const auto& row : rows) {
        SummaryGatherer gatherer;
        for (std::int64_t i = 0; i <= 100; ++i) {
            decide(gatherer, {.time_ns = kNoonNs + row.seconds * i / 100 * kSecondNs});
        }
        const auto text = summary_text(gatherer.data(), {});
        const auto axis_begin = text.find("\n         ") + 1;
        const auto axis = text.substr(axis_begin, text.find('\n', axis_begin) - axis_begin);
        EXPECT_THAT(axis, testing::ContainsRegex(std::string("^ +") + row.first)) << row.claim;
        EXPECT_THAT(axis, HasSubstr(row.last)) << row.claim;
    }
}

TEST(SummaryTextTest, DrawsTheHighestColumnFullAndTheLowestNotEmpty) {
    SummaryGatherer gatherer;
    for (int i = 0; i < 1000; ++i) {
        decide(gatherer, {.allow = true});
    }
    decide(gatherer, {.allow = false, .time_ns = kNoonNs + kSecondNs});
    const auto text = summary_text(gatherer.data(), {80, false, true});
    EXPECT_THAT(text, HasSubstr("the highest is 1,000\n  allow  █\n  deny    ▁\n"));
}

}  // namespace
}  // namespace bridge
