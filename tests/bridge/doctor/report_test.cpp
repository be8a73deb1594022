// SPDX-License-Identifier: MIT
#include "bridge/doctor/report.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

namespace bridge::doctor {
namespace {

using testing::HasSubstr;
using testing::Not;

const Findings kFindings = {
    {kBoundary, "boundary-program", State::Ok, "Boundary v0.9.0 at /usr/bin/boundary", ""},
    {kBoundary, "boundary-urls", State::Warn, "old", "upgrade"},
    {kLoki, "loki-query", State::Fail, "a query got 401 \"no\x1b[31m org id\"", "set --tenant"},
};

TEST(ReportTest, SaysFirstWhatToMendAndThenGoesHopByHop) {
    EXPECT_EQ(report_text(kFindings, {.width = 80}),
              "FAIL  the dashboard reads zero: a query got 401 \"no\\x1b[31m org id\"\n"
              "  do  set --tenant\n"
              "\n"
              "boundary\n"
              "  ok    boundary-program        Boundary v0.9.0 at /usr/bin/boundary\n"
              "  warn  boundary-urls           old\n"
              "                            do  upgrade\n"
              "\n"
              "loki\n"
              "  FAIL  loki-query              a query got 401 \"no\\x1b[31m org id\"\n"
              "                            do  set --tenant\n");
}

TEST(ReportTest, SaysWhenAllIsWell) {
    EXPECT_THAT(report_text({kFindings.front()}, {.width = 80}),
                HasSubstr("ok    the dashboard shows"));
    EXPECT_TRUE(all_well({kFindings[0], kFindings[1]})) << "a warning is no zero";
    EXPECT_FALSE(all_well(kFindings));
    EXPECT_THAT(report_text({kFindings[1]}, {.width = 80}), HasSubstr("does not read zero, but"));
}

TEST(ReportTest, KeepsWithinTheTerminal) {
    const Findings wide = {{kFiles, "decisions", State::Fail,
                            std::string(40, 'a') + " " + std::string(60, 'b') + " c d e f",
                            "do this and that, now"}};
    std::istringstream lines(report_text(wide, {.width = 100}));
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 100U) << line;
        EXPECT_FALSE(line.ends_with(' ')) << line;
    }
}

TEST(ReportTest, PaintsOnlyWhereColourIsWanted) {
    EXPECT_THAT(report_text(kFindings, {.width = 80}), Not(HasSubstr("\033")));
    EXPECT_THAT(report_text(kFindings, {.width = 80, .colour = true}), HasSubstr("\033[31mFAIL"));
}

TEST(ReportTest, IsJsonForMachines) {
    simdjson::dom::parser parser;
    const std::string text = report_json(kFindings);
    const auto report = parser.parse(text);
    EXPECT_FALSE(bool(report["ok"]));
    EXPECT_EQ(std::string_view(report["first"]["check"]), "loki-query");
    EXPECT_EQ(report["findings"].get_array().size(), 3U);
    EXPECT_EQ(std::string_view(report["findings"].at(1)["state"]), "warn");
    EXPECT_EQ(std::string_view(report["findings"].at(2)["seen"]),
              "a query got 401 \"no\x1b[31m org id\"");
    const std::string well = report_json({kFindings.front()});
    EXPECT_TRUE(parser.parse(well)["first"].is_null());
}

}  // namespace
}  // namespace bridge::doctor
