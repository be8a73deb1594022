// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "tests/bridge/daemon/pipeline_fixture.h"
#include "tests/support/process.h"

// The driver of the tables: a daemon in this process is given something hostile, and a decision
// that is written after it has to arrive all the same.

namespace hostile {

/// How many lines, files and entries a case has to be counted as, beside those of the driver.
struct Counts {
    std::uint64_t decisions = 0;
    std::uint64_t notices = 0;
    std::uint64_t unparsed = 0;
    std::uint64_t suspect = 0;   ///< entries that say so
    std::uint64_t rejected = 0;  ///< by Loki, for good
    std::array<std::uint64_t, tailer::kSkipReasons> skipped{};
    std::uint64_t truncated = 0;
    std::uint64_t rewritten = 0;
    std::uint64_t removed = 0;

    [[nodiscard]] Counts with(tailer::SkipReason reason, std::uint64_t count = 1) const {
        Counts more = *this;
        more.skipped[static_cast<std::size_t>(reason)] = count;
        return more;
    }
    friend bool operator==(const Counts&, const Counts&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Counts& counts) {
        out << counts.decisions << " decisions, " << counts.notices << " notices, "
            << counts.unparsed << " unparsed, " << counts.suspect << " suspect, " << counts.rejected
            << " rejected, " << counts.truncated << " truncated, " << counts.rewritten
            << " rewritten, " << counts.removed << " removed; skipped";
        for (std::size_t i = 0; i < counts.skipped.size(); ++i) {
            out << " " << name_of(static_cast<tailer::SkipReason>(i)) << "=" << counts.skipped[i];
        }
        return out;
    }
};

/// A case's name as GoogleTest wants it.
inline std::string test_name(std::string_view text) {
    std::string name;
    bool upper = true;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
            name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
        }
        upper = std::isalnum(static_cast<unsigned char>(c)) == 0;
    }
    return name;
}

class HostileTest : public bridge::PipelineTest {
protected:
    static constexpr int kFirstPid = 1;
    static constexpr int kLastPid = 9;

    [[nodiscard]] std::string log_name(int pid) const {
        return std::filesystem::path(log_file(pid)).filename().string();
    }
    /// One decision that a case may count on.
    void begin() {
        start();
        write(kFirstPid, allow(std::chrono::milliseconds(1), "before"));
        ASSERT_TRUE(arrives("https://h.example/before"));
    }
    [[nodiscard]] bool arrived(std::string_view text) const {
        return std::ranges::any_of(loki_.all_lines(), [text](const std::string& line) {
            return line.find(text) != std::string::npos;
        });
    }
    [[nodiscard]] bool arrives(std::string_view text) {
        return step_until([&] { return arrived(text); });
    }
    /// The decision after it, a rescan, and all that is still under way.
    void end() {
        write(kLastPid, allow(std::chrono::milliseconds(2), "after"));
        EXPECT_TRUE(arrives("https://h.example/after"));
        step_for(std::chrono::seconds(130));
    }
    [[nodiscard]] Counts counts() const {
        Counts counts;
        const auto& account = daemon_->pipeline.account();
        counts.decisions = account.allowed + account.denied - 2;
        counts.notices = account.notices;
        counts.unparsed = account.unparsed;
        counts.rejected = daemon_->exporter.account().rejected();
        const auto& files = daemon_->tailer.files();
        for (std::size_t i = 0; i < tailer::kSkipReasons; ++i) {
            counts.skipped[i] = files.skipped().count(static_cast<tailer::SkipReason>(i));
        }
        counts.truncated = files.troubles().truncated;
        counts.rewritten = files.troubles().rewritten;
        counts.removed = files.troubles().removed;
        for (const auto& push : loki_.pushes()) {
            counts.suspect += static_cast<std::uint64_t>(std::ranges::count_if(
                push.entries,
                [](const auto& entry) { return entry.metadata.contains("suspect"); }));
        }
        return counts;
    }
    [[nodiscard]] std::string letters() const {
        return test_support::read_file(folder_.file("state/dead-letter/rejected.ndjson"));
    }
    /// Every entry is one line of JSON with our own keys, in a stream of our own making.
    void expect_sound() const {
        simdjson::dom::parser parser;
        for (const auto& [stream, rows] : loki_.rows()) {
            for (const auto& label : exporter::parse_stream_labels(stream)) {
                EXPECT_TRUE(label.first == "job" || label.first == "decision" ||
                            label.first == "late" || label.first == "tool")
                    << stream;
            }
            for (const auto& [row, times] : rows) {
                EXPECT_EQ(times, 1) << row.second;
                EXPECT_EQ(row.second.find_first_of("\n\r\x1b"), std::string::npos) << row.second;
                const auto line = parser.parse(row.second);
                std::string_view message;
                ASSERT_EQ(line["msg"].get(message), simdjson::SUCCESS) << row.second;
                EXPECT_TRUE(message == "boundary_request" || message.starts_with("boundary: "));
                EXPECT_EQ(line["fields"]["decision"].error() == simdjson::SUCCESS,
                          message == "boundary_request")
                    << row.second;
            }
        }
        for (const auto& push : loki_.pushes()) {
            for (const auto& entry : push.entries) {
                for (const auto& [name, value] : entry.metadata) {
                    EXPECT_TRUE(exporter::is_label_name(name)) << name;
                    EXPECT_LE(value.size(), 1024U);
                }
            }
        }
    }
};

}  // namespace hostile
