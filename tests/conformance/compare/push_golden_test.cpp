// SPDX-License-Identifier: MIT
// Our push requests against those of the code that Loki itself is generated from.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "exporter/loki/push_request.h"
#include "tests/conformance/compare/go_program.h"
#include "tests/support/temp_dir.h"

namespace exporter {
namespace {

namespace fs = std::filesystem;

const std::string kGolden = std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/tests/data/golden";

/// One entry of a golden .json.
struct GoldenEntry {
    std::int64_t timestamp_ns = 0;
    std::string line;
    std::vector<base::Label> metadata;
};
struct Golden {
    std::string labels;
    std::vector<GoldenEntry> entries;
    std::string encoded;
};

std::string text_of(simdjson::dom::element value) { return std::string(std::string_view(value)); }

std::map<std::string, Golden> golden_cases() {
    std::map<std::string, Golden> cases;
    for (const auto& file : fs::directory_iterator(kGolden)) {
        if (file.path().extension() != ".json") {
            continue;
        }
        simdjson::dom::parser parser;
        const simdjson::dom::element streams = parser.load(file.path().string())["streams"];
        const simdjson::dom::element stream = streams.at(0);
        Golden golden;
        golden.labels = text_of(stream["labels"]);
        for (const simdjson::dom::element entry : simdjson::dom::array(stream["entries"])) {
            GoldenEntry read;
            read.timestamp_ns =
                std::int64_t(entry["seconds"]) * 1'000'000'000 + std::int64_t(entry["nanos"]);
            read.line = text_of(entry["line"]);
            for (const simdjson::dom::element pair : simdjson::dom::array(entry["metadata"])) {
                read.metadata.emplace_back(text_of(pair["name"]), text_of(pair["value"]));
            }
            golden.entries.push_back(std::move(read));
        }
        fs::path encoded = file.path();
        golden.encoded = test_support::read_file(encoded.replace_extension(".pb"));
        cases.emplace(file.path().stem().string(), std::move(golden));
    }
    return cases;
}

std::string encoded_entries(const Golden& golden) {
    std::string entries;
    for (const auto& entry : golden.entries) {
        std::vector<base::LabelView> metadata;
        for (const auto& [name, value] : entry.metadata) {
            metadata.push_back({name, value});
        }
        append_entry(entries, {entry.timestamp_ns, entry.line, metadata, {}});
    }
    return entries;
}

TEST(PushGoldenTest, TheGoldenFilesAreWhatLokisOwnEncoderWrites) {
    const auto checked =
        test_support::run_go_program("tests/conformance/push_golden", {"-check", kGolden});
    EXPECT_EQ(checked.status, 0) << checked.errors;
}

TEST(PushGoldenTest, OurBytesAreTheGoldenOnes) {
    const auto cases = golden_cases();
    EXPECT_GE(cases.size(), 11U);
    for (const auto& [name, golden] : cases) {
        EXPECT_TRUE(push_request(golden.labels, encoded_entries(golden)) == golden.encoded) << name;
    }
}

TEST(PushGoldenTest, WeReadBackWhatTheGoldenBytesHold) {
    for (const auto& [name, golden] : golden_cases()) {
        SCOPED_TRACE(name);
        const auto [labels, entries] = decode_push_request(golden.encoded);
        EXPECT_EQ(labels, golden.labels);
        const auto decoded = decode_entries(entries);
        ASSERT_EQ(decoded.size(), golden.entries.size());
        for (std::size_t i = 0; i < decoded.size(); ++i) {
            EXPECT_EQ(decoded[i].timestamp_ns, golden.entries[i].timestamp_ns);
            EXPECT_EQ(decoded[i].line, golden.entries[i].line);
            std::vector<base::Label> metadata;
            for (const auto& pair : decoded[i].metadata) {
                metadata.emplace_back(pair.name, pair.value);
            }
            EXPECT_EQ(metadata, golden.entries[i].metadata);
        }
    }
}

TEST(PushGoldenTest, LokisOwnDecoderReadsOurBody) {
    const auto cases = golden_cases();
    const auto& golden = cases.at("several_entries");
    PushBody push_body;
    const std::string body(push_body.of(golden.labels, encoded_entries(golden)));
    const test_support::TempDir dir;
    const auto decoded = test_support::run_go_program("tests/conformance/push_golden",
                                                      {"-decode", dir.append("body", body)});
    ASSERT_EQ(decoded.status, 0) << decoded.errors;
    EXPECT_EQ(decoded.output, test_support::read_file(kGolden + "/several_entries.json"));
}

}  // namespace
}  // namespace exporter
