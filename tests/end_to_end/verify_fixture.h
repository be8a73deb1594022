// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "exporter/loki/loki_client.h"
#include "exporter/loki/push_request.h"
#include "exporter/loki/stream_labels.h"
#include "tests/end_to_end/decisions.h"

namespace end_to_end {

inline const std::vector<std::string> kWorkspace = {"--owner", "joe",     "--workspace",
                                                    "w1",      "--agent", "main"};

struct StoredRow {
    base::Labels labels;
    std::int64_t timestamp_ns = 0;
    std::string line;
    base::Labels metadata;
};

inline base::Labels labels_in(simdjson::dom::element object) {
    base::Labels labels;
    for (const auto& [name, value] : object.get_object()) {
        labels.emplace_back(name, std::string_view(value));
    }
    return labels;
}

/// Logs, and a Loki into which their entries are put as a test wants them.
class VerifyTest : public testing::Test {
protected:
    explicit VerifyTest(const std::string& limits = "reject_old_samples: false")
        : loki_({.auth_enabled = false, .limits = limits}) {}
    void SetUp() override { loki_.start(); }

    /// `count` decisions in each of `sessions` logs, a second apart.
    void write_logs(std::size_t sessions, std::size_t count) const {
        for (std::size_t session = 0; session < sessions; ++session) {
            std::string lines;
            for (std::size_t i = 0; i < count; ++i) {
                lines += decision_line(begin_ns_ + static_cast<std::int64_t>(i) * kSecondNs,
                                       session * count + i);
            }
            append_to(logs(), log_name(session), lines);
        }
    }
    [[nodiscard]] std::string logs() const { return folder_.file("logs"); }

    static test_support::RunResult run(std::vector<std::string> arguments,
                                       const std::vector<std::string>& more = kWorkspace) {
        arguments.insert(arguments.begin(), BOUNDARY_LOKI_BINARY);
        arguments.insert(arguments.end(), more.begin(), more.end());
        return test_support::run_command(arguments);
    }
    [[nodiscard]] test_support::RunResult verify_logs(
        const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments = {"verify", logs(), "--loki-url", loki_.url()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    }
    [[nodiscard]] test_support::RunResult verify_numbers(
        const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments = {"verify", "--loki-url", loki_.url()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    }
    /// What a daemon would push.
    [[nodiscard]] std::vector<StoredRow> rows(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> settings = kWorkspace;
        settings.insert(settings.end(), more.begin(), more.end());
        const auto printed = run({"replay", "--output", "ndjson", logs()}, settings);
        std::vector<StoredRow> all;
        simdjson::dom::parser parser;
        std::istringstream text(printed.output);
        for (std::string line; std::getline(text, line);) {
            const auto entry = parser.parse(line);
            all.push_back({labels_in(entry["stream"]),
                           std::stoll(std::string(std::string_view(entry["timestamp"]))),
                           std::string(std::string_view(entry["line"])),
                           labels_in(entry["structured_metadata"])});
        }
        return all;
    }
    void push(const std::vector<StoredRow>& rows) const {
        exporter::LokiSettings settings;
        settings.url = loki_.url();
        const auto client = exporter::LokiClient::create(settings);
        std::map<base::Labels, std::string> streams;
        for (const auto& row : rows) {
            std::vector<base::LabelView> metadata;
            for (const auto& [name, value] : row.metadata) {
                metadata.push_back({name, value});
            }
            exporter::Entry entry;
            entry.timestamp_ns = row.timestamp_ns;
            entry.line = row.line;
            entry.metadata = metadata;
            exporter::append_entry(streams[row.labels], entry);
        }
        exporter::PushBody body;
        for (const auto& [labels, entries] : streams) {
            const auto reply = (*client)->push(
                body.of(exporter::stream_labels_text(labels), entries), std::chrono::seconds(20));
            ASSERT_EQ(reply.status, 204) << reply.body << reply.error;
        }
    }
    static void replace(std::string& text, std::string_view from, std::string_view to) {
        const std::size_t at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from << " in " << text;
        text.replace(at, from.size(), to);
    }
    static std::string field(const test_support::RunResult& result, const std::string& pointer) {
        simdjson::dom::parser parser;
        simdjson::dom::element found;
        if (parser.parse(result.output).at_pointer(pointer).get(found) != simdjson::SUCCESS) {
            return "none in " + result.output + result.errors;
        }
        std::ostringstream text;
        text << found;
        return text.str();
    }

    test_support::TempDir folder_;
    test_support::LokiServer loki_;
    std::int64_t begin_ns_ = now_ns() - kHourNs;
};

}  // namespace end_to_end
