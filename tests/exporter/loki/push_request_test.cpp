// SPDX-License-Identifier: MIT
#include "exporter/loki/push_request.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <protozero/exception.hpp>
#include <simdjson.h>
#include <snappy.h>

#include "tests/support/process.h"

namespace exporter {
namespace {

std::string encoded(const Entry& entry) {
    std::string out;
    append_entry(out, entry);
    return out;
}

TEST(PushRequestTest, DecodesWhatItEncoded) {
    const std::vector<base::LabelView> metadata = {{"domain", "h.example"}, {"empty", ""}};
    std::string entries = encoded({1'781'006'400'000'000'005, "first", metadata, {}});
    append_entry(entries, {1'781'006'400'000'000'006, "", {}, {}});

    const std::string request = push_request(R"({job="boundary"})", entries);
    const auto [labels, run] = decode_push_request(request);
    EXPECT_EQ(labels, R"({job="boundary"})");
    EXPECT_EQ(run, entries);
    const auto decoded = decode_entries(run);
    ASSERT_EQ(decoded.size(), 2U);
    EXPECT_EQ(decoded[0].timestamp_ns, 1'781'006'400'000'000'005);
    EXPECT_EQ(decoded[0].line, "first");
    ASSERT_EQ(decoded[0].metadata.size(), 2U);
    EXPECT_EQ(decoded[0].metadata[0].name, "domain");
    EXPECT_EQ(decoded[0].metadata[0].value, "h.example");
    EXPECT_EQ(decoded[0].metadata[1].name, "empty");
    EXPECT_EQ(decoded[0].metadata[1].value, "");
    EXPECT_EQ(decoded[1].line, "");
    EXPECT_TRUE(decoded[1].metadata.empty());
}

TEST(PushRequestTest, KeepsEveryInstantThatFits) {
    constexpr auto kLowest = std::numeric_limits<std::int64_t>::min();
    constexpr auto kHighest = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t timestamp_ns :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{999'999'999}, std::int64_t{1'000'000'000},
          std::int64_t{-1}, std::int64_t{-999'999'999}, std::int64_t{-1'000'000'000},
          std::int64_t{-1'000'000'001}, kLowest, kLowest + 1, kHighest}) {
        const std::string run = encoded({timestamp_ns, "x", {}, {}});
        const auto decoded = decode_entries(run);
        ASSERT_EQ(decoded.size(), 1U);
        EXPECT_EQ(decoded[0].timestamp_ns, timestamp_ns);
    }
}

TEST(PushRequestTest, KeepsLinesOfEverySizeAroundTheLengthPrefixes) {
    for (const std::size_t size : {0U, 1U, 120U, 127U, 128U, 129U, 16'383U, 16'384U, 262'144U}) {
        const std::string line(size, 'x');
        const std::string run = encoded({5, line, {}, {}}) + encoded({6, "next", {}, {}});
        const auto decoded = decode_entries(run);
        ASSERT_EQ(decoded.size(), 2U) << size;
        EXPECT_EQ(decoded[0].line, line);
        EXPECT_EQ(decoded[1].line, "next");
        const std::string request = push_request("{a=\"b\"}", run);
        EXPECT_EQ(decode_push_request(request).second, run);
    }
}

TEST(PushRequestTest, KeepsRandomEntries) {
    std::mt19937_64 random(7);
    const auto text = [&random] {
        std::string bytes(random() % 200, '\0');
        for (char& c : bytes) {
            c = static_cast<char>(random() & 0xFFU);
        }
        return bytes;
    };
    for (int round = 0; round < 500; ++round) {
        const std::string line = text();
        std::vector<std::pair<std::string, std::string>> owned(random() % 4);
        std::vector<base::LabelView> metadata;
        for (auto& [name, value] : owned) {
            name = text();
            value = text();
            metadata.push_back({name, value});
        }
        const auto timestamp_ns = static_cast<std::int64_t>(random());
        const std::string run = encoded({timestamp_ns, line, metadata, {}});
        const auto decoded = decode_entries(run);
        ASSERT_EQ(decoded.size(), 1U);
        EXPECT_EQ(decoded[0].timestamp_ns, timestamp_ns);
        EXPECT_EQ(decoded[0].line, line);
        ASSERT_EQ(decoded[0].metadata.size(), metadata.size());
        for (std::size_t i = 0; i < metadata.size(); ++i) {
            EXPECT_EQ(decoded[0].metadata[i].name, metadata[i].name);
            EXPECT_EQ(decoded[0].metadata[i].value, metadata[i].value);
        }
    }
}

TEST(PushRequestTest, LeavesMetadataOutAndKeepsTheRest) {
    const std::vector<base::LabelView> metadata = {{"domain", "h.example"}};
    const std::string with = encoded({1, "a", metadata, {}}) + encoded({2, "b", {}, {}}) +
                             encoded({3, "c", metadata, {}});
    const std::string without =
        encoded({1, "a", {}, {}}) + encoded({2, "b", {}, {}}) + encoded({3, "c", {}, {}});
    EXPECT_EQ(without_metadata(with), without);
}

TEST(PushRequestTest, RefusesDamagedEntriesInsteadOfReadingPastThem) {
    const std::vector<base::LabelView> metadata = {{"domain", "h.example"}};
    const std::string run = encoded({1'781'006'400'000'000'005, "a line", metadata, {}});
    for (std::size_t length = 1; length < run.size(); ++length) {
        // A copy of its own, so that a sanitizer sees a read behind the end.
        const std::string cut = run.substr(0, length);
        EXPECT_THROW(static_cast<void>(decode_entries(cut)), protozero::exception) << length;
    }
    EXPECT_TRUE(decode_entries("").empty());
}

TEST(PushRequestTest, TakesAFieldOfTheWrongTypeForUnknown) {
    const std::string_view entry =
        "\x08\x05"   // a timestamp that is a number
        "\x12\x01x"  // the line
        "\x18\x02";  // metadata that is a number
    const std::string entries =
        std::string("\x12").append(1, static_cast<char>(entry.size())).append(entry);
    const auto decoded = decode_entries(entries);
    ASSERT_EQ(decoded.size(), 1U);
    EXPECT_EQ(decoded[0].timestamp_ns, 0);
    EXPECT_EQ(decoded[0].line, "x");
    EXPECT_TRUE(decoded[0].metadata.empty());
}

TEST(PushRequestTest, PacksTheBodyAsARawSnappyBlock) {
    constexpr std::string_view kLabels = R"({job="boundary"})";
    PushBody body;
    // Snappy takes 64 KiB at a time, the first of which begins with the labels.
    for (const std::size_t size : {1U << 18U, 0U, 100U, (1U << 16U) - 20, 1U << 16U, 3U << 17U}) {
        std::string entries(size, 'x');
        for (std::size_t i = 0; i < size; i += 997) {
            entries[i] = static_cast<char>('a' + i % 23);
        }
        const std::string_view block = body.of(kLabels, entries);
        std::string back;
        ASSERT_TRUE(snappy::Uncompress(block.data(), block.size(), &back)) << size;
        EXPECT_EQ(back, push_request(kLabels, entries)) << size;
        EXPECT_LT(block.size(), 100 + size / 10);
    }
}

/// Requests that Loki's own encoder wrote (tests/conformance/push_golden).
TEST(PushRequestTest, WritesTheSameBytesAsLokisOwnEncoder) {
    namespace fs = std::filesystem;
    std::size_t checked = 0;
    for (const auto& file :
         fs::directory_iterator(std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/tests/data/golden")) {
        if (file.path().extension() != ".json") {
            continue;
        }
        simdjson::dom::parser parser;
        const simdjson::dom::element request = parser.load(file.path().string());
        const simdjson::dom::element stream = request["streams"].at(0);
        std::string entries;
        for (const auto entry : stream["entries"].get_array()) {
            std::vector<base::LabelView> metadata;
            simdjson::dom::array pairs;
            if (entry["metadata"].get_array().get(pairs) == simdjson::SUCCESS) {
                for (const auto pair : pairs) {
                    metadata.push_back({pair["name"], pair["value"]});
                }
            }
            const std::int64_t timestamp_ns =
                std::int64_t(entry["seconds"]) * 1'000'000'000 + std::int64_t(entry["nanos"]);
            append_entry(entries, {timestamp_ns, entry["line"], metadata, {}});
        }
        const std::string golden =
            test_support::read_file(fs::path(file.path()).replace_extension(".pb").string());
        ASSERT_FALSE(golden.empty()) << file.path();
        EXPECT_EQ(push_request(std::string_view(stream["labels"]), entries), golden) << file.path();
        ++checked;
    }
    EXPECT_GE(checked, 11U);
}

}  // namespace
}  // namespace exporter
