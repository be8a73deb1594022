// SPDX-License-Identifier: MIT
// What happens to segments of the spool while Loki is away: a flipped bit, a removed file, a disk
// that does not read. The logs still hold what the segments did, or do not.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/decisions.h"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;
using test_support::eventually;
using test_support::LokiServer;
using testing::HasSubstr;

/// A push that fails is tried again after 30 s at most, and so is one of another stream.
constexpr std::chrono::seconds kTwoBackoffs{90};
constexpr std::size_t kSpooled = 100;

enum class When : std::uint8_t { WhileItRuns, BetweenTwoRuns };

class SpoolLossTest : public testing::TestWithParam<When> {
protected:
    SpoolLossTest() {
        const char* const asan = ::getenv("ASAN_OPTIONS");  // it would rather be the first library
        daemon_.wrap({"env", "READ_FAULT=" + folder_.file("faults"),
                      std::string("LD_PRELOAD=") + READ_FAULT_LIBRARY,
                      "ASAN_OPTIONS=" + std::string(asan == nullptr ? "" : asan) +
                          ":verify_asan_link_order=0"});
    }
    void write(std::size_t log, std::size_t first, std::size_t end) {
        for (std::size_t id = first; id < end; ++id) {
            append_to(daemon_.log_dir(), log_name(log), decision_line(now_ns(), id));
        }
    }
    /// With Loki away, all that was written waits in the spool.
    void spool() {
        daemon_.start();
        wait_for_segments(2);
    }
    void wait_for_segments(double least) const {
        ASSERT_TRUE(eventually(
            [&] {
                return daemon_.metric("boundary_loki_spool_segments").value_or(0) >= least &&
                       daemon_.metric("boundary_loki_in_flight_bytes") == 0;
            },
            kTwoBackoffs))
            << daemon_.log();
    }
    /// Two for each of the two streams: what the older ones hold is in memory, too, to be tried.
    void spool_in_two_goes() {
        write(1, 0, kSpooled / 2);
        spool();
        write(1, kSpooled / 2, kSpooled);
        wait_for_segments(4);
    }
    /// `harm` is done while the daemon runs or while none does; then Loki comes back.
    template <typename Harm>
    void come_back_after(Harm harm) {
        if (GetParam() == When::BetweenTwoRuns) {
            ASSERT_EQ(daemon_.stop(), 0) << daemon_.log();
            harm();
            loki_.start();
            daemon_.start();
        } else {
            harm();
            loki_.start();
        }
    }
    void expect_all_there_once() {
        EXPECT_EQ(judge_when_there(loki_, kSpooled), kAllThereOnce) << daemon_.log();
        EXPECT_TRUE(eventually([&] { return daemon_.metric("boundary_loki_spool_segments") == 0; }))
            << daemon_.log();
        EXPECT_EQ(daemon_.metric("boundary_loki_lost_entries_total"), 0);
        EXPECT_EQ(daemon_.stop(), 0) << daemon_.log();
        EXPECT_EQ(metric_count(loki_), static_cast<std::int64_t>(kSpooled)) << daemon_.log();
        EXPECT_EQ(verify_alone(loki_), "") << daemon_.log();
    }
    [[nodiscard]] std::vector<std::string> segments() const {
        std::vector<std::string> paths;
        for (const auto& entry : fs::directory_iterator(daemon_.state_dir() + "/spool")) {
            if (entry.path().extension() == ".zst") {
                paths.push_back(entry.path().string());
            }
        }
        return paths;
    }
    [[nodiscard]] std::string newest_segment() const {
        return std::ranges::max(segments());  // they are named by their numbers
    }
    void remove_segments() const {
        for (const auto& path : segments()) {
            fs::remove(path);
        }
    }

    test_support::TempDir folder_;
    LokiServer loki_;
    Daemon daemon_{loki_.url()};
};

TEST_P(SpoolLossTest, AFlippedBitCostsNoDecision) {
    spool_in_two_goes();
    come_back_after([&] {
        const std::string path = newest_segment();
        std::string content = test_support::read_file(path);
        content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 0x10);
        std::ofstream(path, std::ios::binary) << content;
    });
    expect_all_there_once();
    EXPECT_EQ(occurrences(daemon_.log(), "held has to be read from the logs again"), 1U)
        << daemon_.log();
}

TEST_P(SpoolLossTest, ARemovedSegmentCostsNoDecision) {
    spool_in_two_goes();
    come_back_after([&] { fs::remove(newest_segment()); });
    expect_all_there_once();
    EXPECT_EQ(occurrences(daemon_.log(), "held has to be read from the logs again"), 1U)
        << daemon_.log();
}

TEST_P(SpoolLossTest, OneErrorOfTheDiskCostsNoDecisionAndNoSegment) {
    write(1, 0, kSpooled);
    spool();
    come_back_after([&] { folder_.append("faults", "1"); });
    expect_all_there_once();
    EXPECT_EQ(occurrences(daemon_.log(), "has to be read from the logs again"), 0U)
        << daemon_.log();
    EXPECT_TRUE(fs::is_empty(daemon_.state_dir() + "/spool"));
}

TEST_P(SpoolLossTest, WhatNoLogHoldsAnyMoreIsSaidWithItsNumber) {
    write(2, kSpooled, kSpooled + 10);
    spool_in_two_goes();
    come_back_after([&] {
        fs::remove(daemon_.log_dir() + "/" + log_name(1));
        remove_segments();
    });
    // What the daemon had in memory already is sent; each of the others is lost.
    const auto lost = [&] {
        return daemon_.metric("boundary_loki_lost_entries_total").value_or(0);
    };
    EXPECT_TRUE(eventually(
        [&] {
            return lost() > 0 &&
                   static_cast<double>(rows_by_id(loki_).size()) + lost() == kSpooled + 10;
        },
        kTwoBackoffs))
        << daemon_.log();
    const auto all_lost = static_cast<std::size_t>(lost());
    // A segment that is found to be lost later is told of in a notice of its own.
    const auto told = [&] {
        constexpr std::string_view kName = R"("lost_entries":")";
        std::size_t entries = 0;
        for (const auto& row : loki_.rows(R"({job="boundary"} |= "lost_entries")",
                                          now_ns() - kHourNs, now_ns() + kHourNs)) {
            entries += std::stoul(row.line.substr(row.line.find(kName) + kName.size()));
        }
        return entries;
    };
    EXPECT_TRUE(eventually([&] { return told() == all_lost; })) << told() << daemon_.log();
    EXPECT_THAT(daemon_.log(), HasSubstr("no log holds them any more"));
    EXPECT_EQ(daemon_.stop(), 0) << daemon_.log();
    const auto rows = rows_by_id(loki_);
    EXPECT_EQ(judge(rows, kSpooled, kSpooled + 10), kAllThereOnce) << "the other log is there";
}

INSTANTIATE_TEST_SUITE_P(When, SpoolLossTest,
                         testing::Values(When::WhileItRuns, When::BetweenTwoRuns),
                         [](const auto& it) {
                             return it.param == When::WhileItRuns ? "WhileItRuns"
                                                                  : "BetweenTwoRuns";
                         });

}  // namespace
}  // namespace end_to_end
