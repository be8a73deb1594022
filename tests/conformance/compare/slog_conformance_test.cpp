// SPDX-License-Identifier: MIT
// Lines that Go's own encoders wrote, against what went into them. The format of the truth files
// stands in main.go.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/unique_fd.h"
#include "tailer/lines/line_parser.h"
#include "tailer/lines/line_reader.h"
#include "tests/conformance/compare/go_program.h"
#include "tests/support/temp_dir.h"

namespace tailer {
namespace {

constexpr int kRecords = 100'000;
constexpr int kMismatchesShown = 5;
/// Decisions reach coderd, notices do not.
constexpr int kFewestCoderdLines = kRecords / 2;

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

/// The text behind lower-case hex; "-", which stands for an absent one, is empty.
std::string from_hex(std::string_view hex) {
    std::string text;
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; hex != "-" && i + 1 < hex.size(); i += 2) {
        text += static_cast<char>(value(hex[i]) * 16 + value(hex[i + 1]));
    }
    return text;
}

struct Truth {
    bool is_decision = false;
    std::int64_t time_ns = 0;
    std::string level;
    std::string message;
    std::string verdict;
    std::string method;
    std::string url;
    std::string host;
    std::string rule;
    std::vector<std::pair<std::string, std::string>> attributes;
};

Truth read_truth(std::string_view line) {
    const auto columns = split(line, '\t');
    if (columns.size() != 10) {
        throw std::runtime_error("a truth file has ten columns");
    }
    Truth truth;
    truth.is_decision = columns[0] == "decision";
    truth.time_ns = std::stoll(std::string(columns[1]));
    truth.level = columns[2];
    truth.message = from_hex(columns[3]);
    truth.verdict = columns[4];
    truth.method = from_hex(columns[5]);
    truth.url = from_hex(columns[6]);
    truth.host = from_hex(columns[7]);
    truth.rule = from_hex(columns[8]);
    if (columns[9] != "-") {
        for (const auto attribute : split(columns[9], ',')) {
            const std::size_t equals = attribute.find('=');
            truth.attributes.emplace_back(from_hex(attribute.substr(0, equals)),
                                          from_hex(attribute.substr(equals + 1)));
        }
    }
    return truth;
}

/// What is wrong with `parsed`; empty when it is the truth.
std::string difference(const ParsedLine& parsed, const Truth& truth) {
    if (const auto* unparsed = std::get_if<Unparsed>(&parsed)) {
        return "not parsed: " + std::string(unparsed->reason);
    }
    if (const auto* decision = std::get_if<Decision>(&parsed)) {
        const std::string_view verdict = decision->verdict == Verdict::Allow ? "allow" : "deny";
        return !truth.is_decision                   ? "a notice was taken for a decision"
               : decision->time_ns != truth.time_ns ? "time"
               : verdict != truth.verdict           ? "verdict"
               : decision->method != truth.method   ? "method"
               : decision->url != truth.url         ? "url"
               : decision->host != truth.host       ? "host"
               : decision->rule != truth.rule       ? "rule"
                                                    : "";
    }
    const auto& notice = std::get<Notice>(parsed);
    if (truth.is_decision) {
        return "a decision was taken for a notice";
    }
    std::vector<std::pair<std::string, std::string>> attributes;
    for (const auto& field : notice.fields) {
        attributes.emplace_back(field.name, field.value);
    }
    return notice.time_ns != truth.time_ns   ? "time"
           : notice.level != truth.level     ? "level"
           : notice.message != truth.message ? "message"
           : attributes != truth.attributes  ? "attributes"
                                             : "";
}

struct Verdicts {
    int decisions = 0;
    int notices = 0;
    int mismatches = 0;
};

Verdicts compare(const std::string& log, const std::string& truth_file) {
    Verdicts verdicts;
    const base::UniqueFd fd(::open(log.c_str(), O_RDONLY | O_CLOEXEC));
    std::ifstream truths(truth_file);
    LineReader reader;
    LineParser parser;
    reader.start(fd.get(), 0, false, LineReader::Tail::HoldBack);
    std::string truth_line;
    for (int number = 1; std::getline(truths, truth_line); ++number) {
        const Truth truth = read_truth(truth_line);
        ++(truth.is_decision ? verdicts.decisions : verdicts.notices);
        const auto line = reader.next();
        if (!line || !*line) {
            ADD_FAILURE() << log << " ends before line " << number;
            return verdicts;
        }
        const std::string wrong =
            (*line)->too_long ? "too long" : difference(parser.parse((*line)->text), truth);
        if (!wrong.empty() && ++verdicts.mismatches <= kMismatchesShown) {
            ADD_FAILURE() << log << ":" << number << ": " << wrong << "\n"
                          << (*line)->text << "\n"
                          << truth_line;
        }
    }
    const auto rest = reader.next();
    EXPECT_TRUE(rest && !*rest) << log << " has more lines than its truth";
    return verdicts;
}

TEST(SlogConformanceTest, ReadsEveryLineOfGosEncodersAsItWasMeant) {
    const char* given = std::getenv("BOUNDARY_LOKI_SEED");
    const std::string seed = given == nullptr ? "20260609" : given;
    std::cout << "seed " << seed << " (BOUNDARY_LOKI_SEED sets it)\n";
    const test_support::TempDir dir;
    const auto made = test_support::run_go_program(
        "tests/conformance",
        {"-seed", seed, "-count", std::to_string(kRecords), "-out", dir.path()});
    ASSERT_EQ(made.status, 0) << made.errors;

    for (const std::string form : {"text", "json", "coderd"}) {
        const Verdicts verdicts = compare(dir.file(form + ".log"), dir.file(form + ".truth"));
        EXPECT_EQ(verdicts.mismatches, 0) << form;
        EXPECT_GT(verdicts.decisions, kFewestCoderdLines) << form;
        if (form == "coderd") {
            EXPECT_EQ(verdicts.notices, 0);
        } else {
            EXPECT_EQ(verdicts.decisions + verdicts.notices, kRecords) << form;
            EXPECT_GT(verdicts.notices, 0) << form;
        }
        std::cout << form << ": " << verdicts.decisions << " decisions, " << verdicts.notices
                  << " notices, " << verdicts.mismatches << " mismatches\n";
    }
}

}  // namespace
}  // namespace tailer
