// SPDX-License-Identifier: MIT
#include "bridge/daemon/telemetry.h"

#include <algorithm>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_loki.h"
#include "tests/support/loki_server.h"
#include "tests/support/process.h"

namespace bridge {
namespace {

using exporter::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test_support::answered;
using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

class TelemetryTest : public testing::Test {
protected:
    TelemetryTest() {
        address_ = "127.0.0.1:" + std::to_string(test_support::free_port());
        EXPECT_TRUE(telemetry_.expose(address_).has_value());
    }
    [[nodiscard]] std::string text() const {
        const auto [status, body] = test_support::http_get("http://" + address_ + "/metrics");
        EXPECT_EQ(status, 200);
        return body;
    }
    /// Value by series, those of the exposer itself left out.
    [[nodiscard]] std::map<std::string, double> series() const {
        std::map<std::string, double> series;
        std::istringstream lines(text());
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("boundary_loki_")) {
                const std::size_t space = line.rfind(' ');
                series[line.substr(14, space - 14)] = std::stod(line.substr(space));
            }
        }
        return series;
    }
    [[nodiscard]] double value(const std::string& name) const {
        const auto all = series();
        const auto found = all.find(name);
        return found == all.end() ? -1 : found->second;
    }

    Log log_{LogLevel::Info, LogFormat::Text};
    test_support::FakeClock clock_;
    Telemetry telemetry_{log_, clock_, "1.2.3"};
    std::string address_;
};

TEST_F(TelemetryTest, EverySeriesOfTheContractIsThereFromTheStart) {
    std::map<std::string, double> zero = {
        {"decisions_total{decision=\"allow\"}", 0},
        {"decisions_total{decision=\"deny\"}", 0},
        {"lines_total{kind=\"decision\"}", 0},
        {"lines_total{kind=\"notice\"}", 0},
        {"lines_total{kind=\"lifecycle\"}", 0},
        {"lines_total{kind=\"unparsed\"}", 0},
        {"tracked_files", 0},
        {"open_files", 0},
        {"read_bytes_total", 0},
        {"pushed_entries_total", 0},
        {"pushed_bytes_total", 0},
        {"push_retries_total", 0},
        {"lag_seconds", 0},
        {"lost_entries_total", 0},
        {"spool_bytes", 0},
        {"spool_segments", 0},
        {"in_doubt_entries", 0},
        {"in_flight_bytes", 0},
        {"checkpoint_timestamp_seconds", 0},
        {"boundary_audit_dropped_total", 0},
        {"toolcall_records_total{kind=\"end\"}", 0},
        {"toolcall_records_total{kind=\"invalid\"}", 0},
        {"toolcall_records_total{kind=\"start\"}", 0},
        {"folded_labels_total{label=\"late\"}", 0},
        {"folded_labels_total{label=\"tool\"}", 0},
        {"streams", 0},
        {"suspect_lines_total{reason=\"keys\"}", 0},
        {"suspect_lines_total{reason=\"level\"}", 0},
        {"tampered_files_total{kind=\"removed\"}", 0},
        {"tampered_files_total{kind=\"rewritten\"}", 0},
        {"tampered_files_total{kind=\"truncated\"}", 0},
        {"build_info{version=\"1.2.3\"}", 1},
        {"push_duration_seconds_count", 0},
        {"push_duration_seconds_sum", 0},
    };
    for (const char* code : {"204", "400", "401", "403", "404", "429", "500", "503", "error"}) {
        zero["push_requests_total{code=\"" + std::string(code) + "\"}"] = 0;
    }
    for (const auto reason : exporter::kRejectionReasons) {
        zero["rejected_entries_total{reason=\"" + std::string(reason) + "\"}"] = 0;
    }
    for (const char* reason :
         {"name", "symlink", "not_regular", "foreign_owner", "linked", "swapped", "unreadable"}) {
        zero["skipped_files_total{reason=\"" + std::string(reason) + "\"}"] = 0;
    }
    auto found = series();
    std::erase_if(found, [](const auto& entry) {
        return entry.first.starts_with("push_duration_seconds_bucket") && entry.second == 0;
    });
    EXPECT_EQ(found, zero);
}

TEST_F(TelemetryTest, NamesTheTypeOfEachMetric) {
    const std::string all = text();
    for (const char* counter :
         {"decisions_total", "lines_total", "read_bytes_total", "pushed_entries_total",
          "pushed_bytes_total", "push_requests_total", "push_retries_total",
          "rejected_entries_total", "boundary_audit_dropped_total"}) {
        EXPECT_THAT(all, HasSubstr("# TYPE boundary_loki_" + std::string(counter) + " counter\n"));
    }
    for (const char* gauge :
         {"tracked_files", "open_files", "lag_seconds", "spool_bytes", "spool_segments",
          "in_flight_bytes", "checkpoint_timestamp_seconds", "build_info"}) {
        EXPECT_THAT(all, HasSubstr("# TYPE boundary_loki_" + std::string(gauge) + " gauge\n"));
    }
    EXPECT_THAT(all, HasSubstr("# TYPE boundary_loki_push_duration_seconds histogram\n"));
}

TEST_F(TelemetryTest, SumsUpHowTheDaemonDoes) {
    tailer::SkippedFiles skipped(1);
    skipped.at_open(0, tailer::SkipReason::Swapped, "x");
    skipped.at_open(0, tailer::SkipReason::ForeignOwner, "x");
    skipped.at_open(0, tailer::SkipReason::Name,
                    "x");  // not a log's: the journal of tool calls is there
    telemetry_.set_files(skipped, {.truncated = 1, .rewritten = 2, .removed = 3});
    telemetry_.set_lines({.allowed = 4, .denied = 5, .notices = 6, .lifecycle = 7});
    telemetry_.count_suspect("keys");
    telemetry_.count_suspect("level");
    telemetry_.count_unparsed("not slog");
    telemetry_.count_boundary_drop();
    telemetry_.on_rejected("other", "no");
    telemetry_.on_stored(8, 100);
    telemetry_.set({.tracked_files = 9, .spool_bytes = 10, .in_doubt_entries = 11});
    telemetry_.set_oldest_pending(clock_.wall_ns() - 12'000'000'000);
    const Health health = telemetry_.health();
    EXPECT_EQ(health.lag_seconds, 12);
    EXPECT_EQ(health.tracked_files, 9U);
    EXPECT_EQ(health.spool_bytes, 10U);
    EXPECT_EQ(health.in_doubt, 11U);
    EXPECT_EQ(health.totals.allowed, 4U);
    EXPECT_EQ(health.totals.denied, 5U);
    EXPECT_EQ(health.totals.pushed, 8U);
    EXPECT_EQ(health.totals.unparsed, 1U);
    EXPECT_EQ(health.totals.rejected, 1U);
    EXPECT_EQ(health.totals.skipped, 2U);
    EXPECT_EQ(health.totals.tampered, 6U);
    EXPECT_EQ(health.totals.suspect, 2U);
    EXPECT_EQ(health.totals.audit_dropped, 1U);
}

TEST_F(TelemetryTest, CountsWhatANeighbourDoes) {
    tailer::SkippedFiles skipped(1);
    skipped.at_open(0, tailer::SkipReason::Swapped, "x");
    telemetry_.set_files(skipped, {.truncated = 1, .rewritten = 2, .removed = 3});
    telemetry_.set_files(skipped, {.truncated = 1, .rewritten = 2, .removed = 3});
    telemetry_.on_label_folded("late");
    telemetry_.count_suspect("keys");
    telemetry_.count_suspect("keys");
    telemetry_.set({.streams = 7, .folded_tools = 5});
    EXPECT_EQ(value("skipped_files_total{reason=\"swapped\"}"), 1);
    EXPECT_EQ(value("tampered_files_total{kind=\"truncated\"}"), 1);
    EXPECT_EQ(value("tampered_files_total{kind=\"rewritten\"}"), 2);
    EXPECT_EQ(value("tampered_files_total{kind=\"removed\"}"), 3);
    EXPECT_EQ(value("folded_labels_total{label=\"late\"}"), 1);
    EXPECT_EQ(value("folded_labels_total{label=\"tool\"}"), 5);
    EXPECT_EQ(value("suspect_lines_total{reason=\"keys\"}"), 2);
    EXPECT_EQ(value("streams"), 7);
}

TEST_F(TelemetryTest, CountsLinesByWhatTheyAre) {
    telemetry_.set_lines({.allowed = 1, .denied = 0, .notices = 1});
    telemetry_.set_lines({.allowed = 2, .denied = 1, .notices = 1, .lifecycle = 4});
    telemetry_.count_unparsed("no_time");
    telemetry_.count_boundary_drop();
    EXPECT_EQ(value("decisions_total{decision=\"allow\"}"), 2);
    EXPECT_EQ(value("decisions_total{decision=\"deny\"}"), 1);
    EXPECT_EQ(value("lines_total{kind=\"decision\"}"), 3);
    EXPECT_EQ(value("lines_total{kind=\"notice\"}"), 1);
    EXPECT_EQ(value("lines_total{kind=\"lifecycle\"}"), 4);
    EXPECT_EQ(value("lines_total{kind=\"unparsed\"}"), 1);
    EXPECT_EQ(value("boundary_audit_dropped_total"), 1);
}

TEST_F(TelemetryTest, ShowsTheGaugesAsTheyAreNow) {
    telemetry_.set({.tracked_files = 7,
                    .open_files = 2,
                    .read_bytes = 1000,
                    .spool_bytes = 300,
                    .spool_segments = 3,
                    .in_flight_bytes = 44});
    telemetry_.set({.tracked_files = 6,
                    .open_files = 0,
                    .read_bytes = 1500,
                    .spool_bytes = 0,
                    .spool_segments = 0,
                    .in_flight_bytes = 5});
    EXPECT_EQ(value("tracked_files"), 6);
    EXPECT_EQ(value("open_files"), 0);
    EXPECT_EQ(value("read_bytes_total"), 1500);
    EXPECT_EQ(value("spool_bytes"), 0);
    EXPECT_EQ(value("in_flight_bytes"), 5);
    telemetry_.set_checkpoint_written();
    EXPECT_NEAR(value("checkpoint_timestamp_seconds"), 1'780'000'000, 1e4);
}

TEST_F(TelemetryTest, CountsTheRecordsOfToolCalls) {
    telemetry_.set_tool_calls({.starts = 5, .ends = 4, .invalid = 1});
    telemetry_.set_tool_calls({.starts = 7, .ends = 4, .invalid = 2});
    EXPECT_EQ(value("toolcall_records_total{kind=\"start\"}"), 7);
    EXPECT_EQ(value("toolcall_records_total{kind=\"end\"}"), 4);
    EXPECT_EQ(value("toolcall_records_total{kind=\"invalid\"}"), 2);
}

TEST_F(TelemetryTest, TheLagGrowsBetweenScrapesByItself) {
    telemetry_.set_oldest_pending(clock_.wall_ns() - 1'500'000'000);
    EXPECT_NEAR(value("lag_seconds"), 1.5, 0.001);
    clock_.advance(seconds(60));
    EXPECT_NEAR(value("lag_seconds"), 61.5, 0.001);
    telemetry_.set_oldest_pending(clock_.wall_ns() + 5'000'000'000);
    EXPECT_EQ(value("lag_seconds"), 0) << "what lies ahead is no lag";
    telemetry_.set_oldest_pending(std::nullopt);
    EXPECT_EQ(value("lag_seconds"), 0);
}

TEST_F(TelemetryTest, CountsPushesByTheirAnswer) {
    telemetry_.on_answer(answered(204), milliseconds(20));
    telemetry_.on_answer(answered(418), milliseconds(20));
    telemetry_.on_answer(test_support::not_sent(), milliseconds(20));
    telemetry_.on_answer(test_support::ambiguous(), milliseconds(20));
    telemetry_.on_stored(10, 5000);
    EXPECT_EQ(value("push_requests_total{code=\"204\"}"), 1);
    EXPECT_EQ(value("push_requests_total{code=\"418\"}"), 1);
    EXPECT_EQ(value("push_requests_total{code=\"error\"}"), 2);
    EXPECT_EQ(value("push_duration_seconds_count"), 4);
    EXPECT_NEAR(value("push_duration_seconds_sum"), 0.08, 1e-6);
    EXPECT_EQ(value("push_duration_seconds_bucket{le=\"0.01\"}"), 0);
    EXPECT_EQ(value("push_duration_seconds_bucket{le=\"0.025\"}"), 4);
    EXPECT_EQ(value("pushed_entries_total"), 10);
    EXPECT_EQ(value("pushed_bytes_total"), 5000);
    EXPECT_EQ(telemetry_.health().totals.pushed, 10U);
}

TEST_F(TelemetryTest, CountsRejectionsAndTellsOfThemOnceAMinute) {
    CaptureStderr();
    for (int i = 0; i < 105; ++i) {
        telemetry_.on_rejected("too_far_behind", "detail");
    }
    std::string told = GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(told, '\n'), 1);
    EXPECT_THAT(told, HasSubstr("reason=too_far_behind count=1 so_far=1 last=detail"));
    CaptureStderr();
    clock_.advance(seconds(60));
    telemetry_.set({});
    telemetry_.set({});
    told = GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(told, '\n'), 1);
    EXPECT_THAT(told, HasSubstr("count=104 so_far=105"));
    EXPECT_EQ(value("rejected_entries_total{reason=\"too_far_behind\"}"), 105);
    EXPECT_EQ(telemetry_.health().totals.rejected, 105U);
}

TEST_F(TelemetryTest, TellsOnceThatLokiIsAwayAndOnceThatItIsBack) {
    CaptureStderr();
    for (int i = 0; i < 5; ++i) {
        telemetry_.on_retry(answered(503, "unavailable"), Outcome::Retry);
        clock_.advance(seconds(10));
    }
    const std::string away = GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(away, '\n'), 1) << away;
    EXPECT_THAT(away, HasSubstr("503"));
    CaptureStderr();
    telemetry_.on_stored(1, 1);
    telemetry_.on_stored(1, 1);
    const std::string back = GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(back, '\n'), 1) << back;
    EXPECT_THAT(back, HasSubstr("after_seconds=50"));
    EXPECT_EQ(value("push_retries_total"), 5);
}

TEST_F(TelemetryTest, SaysWhereItCannotServe) {
    Telemetry second(log_, clock_, "1.2.3");
    const auto exposed = second.expose(address_);
    ASSERT_FALSE(exposed.has_value());
    EXPECT_THAT(exposed.error().message, HasSubstr(address_));
}

}  // namespace
}  // namespace bridge
