// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <new>

#include "tests/bridge/daemon/pipeline_fixture.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/loki_server.h"
#include "tests/support/process.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test_support::answered;
using test_support::SeenPush;
using testing::HasSubstr;
using testing::SizeIs;

class PipelineTroubleTest : public PipelineTest {
protected:
    /// Errors are told on stderr; they are not what these tests look at.
    void SetUp() override { testing::internal::CaptureStderr(); }
    void TearDown() override { testing::internal::GetCapturedStderr(); }

    static constexpr std::size_t kManyLines = 12'000;
    /// More than is taken in flight: kManyLines decisions with a long path each.
    [[nodiscard]] std::string twelve_megabytes() const {
        const std::string path(1000, 'x');
        std::string lines;
        for (std::size_t i = 0; i < kManyLines; ++i) {
            lines += allow(milliseconds(i), path);
        }
        return lines;
    }
};

TEST_F(PipelineTroubleTest, StopsReadingWhileLokiAndTheSpoolTakeNothing) {
    spool_bytes_ = 0;
    write(1, twelve_megabytes());
    loki_.set_rule([](const SeenPush&) { return answered(403); });
    start();
    step_for(Seconds(120));
    EXPECT_GE(daemon_->exporter.in_flight_bytes(), Pipeline::kMostInFlight);
    EXPECT_LE(daemon_->exporter.in_flight_bytes(), Pipeline::kMostInFlight + (3U << 20U));
    EXPECT_LT(daemon_->pipeline.account().lines, 9000U);
    loki_.set_rule(nullptr);
    ASSERT_TRUE(deliver(kManyLines));
    EXPECT_EQ(daemon_->exporter.in_flight_bytes(), 0U);
    expect_every_row_once();
}

TEST_F(PipelineTroubleTest, AnExceptionEndsItWithWhatItHeldInTheSpool) {
    write(1, allow(milliseconds(0), "a") + allow(milliseconds(1), "b"));
    start();
    loki_.set_rule([](const SeenPush&) -> exporter::Reply { throw std::bad_alloc(); });
    EXPECT_THROW(static_cast<void>(step_until([] { return false; })), std::bad_alloc);
    daemon_->pipeline.rescue();
    EXPECT_EQ(daemon_->state.spool().segments(), 1U);
    EXPECT_EQ(saved_offset(), fs::file_size(log_file(1)));
    EXPECT_FALSE(saved().clean);
    fs::remove(log_file(1));
    loki_.set_rule(nullptr);
    start();
    ASSERT_TRUE(deliver(2));
    expect_every_row_once();
}

TEST_F(PipelineTroubleTest, AFullDiskDelaysAndLosesNothing) {
    write(1, allow(milliseconds(0), "a"));
    start();
    ASSERT_TRUE(deliver(1));
    step_for(Seconds(2));
    const std::uint64_t before = saved_offset();
    write(1, "not a line of slog\n" + allow(milliseconds(1), "b"));
    {
        const test_support::FileSizeLimit full(0);
        step_for(Seconds(30));
        EXPECT_EQ(saved_offset(), before);
    }
    write(1, allow(milliseconds(2), "c"));
    ASSERT_TRUE(deliver(3));
    step_for(Seconds(10));
    EXPECT_EQ(saved_offset(), fs::file_size(log_file(1)));
    EXPECT_THAT(test_support::read_file(folder_.file("state/dead-letter/rejected.ndjson")),
                HasSubstr("not a line of slog"));
    expect_every_row_once();
}

TEST_F(PipelineTroubleTest, UnparsedLinesWaitForAFullDiskAndDecisionsGoOn) {
    start();
    write(1, "not a line of slog\n" + allow(milliseconds(0), "behind"));
    // More than waits in memory: that file waits, the others go on.
    std::string garbage;
    while (garbage.size() < 4 * Pipeline::kMostLetters) {
        garbage +=
            "nor is this one, of a hundred bytes or more, as it goes on and on and on and on\n";
    }
    write(2, garbage + allow(milliseconds(1), "behind-garbage"));
    write(3, allow(milliseconds(2), "elsewhere"));
    {
        const test_support::FileSizeLimit full(0);
        ASSERT_TRUE(deliver(2));
        step_for(Seconds(30));
    }
    write(3, allow(milliseconds(3), "elsewhere-later"));
    {
        const test_support::FileSizeLimit full(0);
        ASSERT_TRUE(deliver(3));
        step_for(Seconds(30));
        EXPECT_LT(daemon_->pipeline.account().unparsed, 2 * Pipeline::kMostLetters / 80);
    }
    ASSERT_TRUE(deliver(4)) << "the disk is free again";
    step_for(Seconds(10));
    const auto& account = daemon_->pipeline.account();
    EXPECT_EQ(account.lines, account.allowed + account.unparsed);
    const std::string letters =
        test_support::read_file(folder_.file("state/dead-letter/rejected.ndjson"));
    EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count(letters, '\n')), account.unparsed);
    expect_every_row_once();
}

TEST_F(PipelineTroubleTest, AFloodOfOldLinesLeavesTheOthersTheirTurn) {
    start();
    ASSERT_TRUE(step_until([&] { return !daemon_->tailer.has_more(); }));
    const milliseconds day = std::chrono::hours(24);
    std::string flood;
    for (int i = 0; flood.size() < (20U << 20U); ++i) {
        flood += allow(milliseconds(i) - day, std::string(200, 'o'));
    }
    write(1, flood);
    write(2, allow(milliseconds(0), "real"));
    const auto stored = [&] {
        const auto lines = loki_.all_lines();
        return std::ranges::any_of(lines, [](const std::string& line) {
            return line.find("https://h.example/real") != std::string::npos;
        });
    };
    const base::SteadyTime begun = clock_.steady();
    ASSERT_TRUE(step_until(stored));
    EXPECT_LE(clock_.steady() - begun, Seconds(5));
    EXPECT_LT(loki_.all_lines().size(), 20'000U) << "of the flood";
}

TEST_F(PipelineTroubleTest, AnOverLongUrlIsCutMarkedAndPushed) {
    write(1, allow(milliseconds(0), std::string(300U << 10U, 'a')) +
                 allow(milliseconds(1), std::string(900U << 10U, 'b')) +
                 allow(milliseconds(2), "c"));
    // It is 200 KiB long when it is read, and longer when it is escaped.
    std::string escaped;
    while (escaped.size() < (200U << 10U)) {
        escaped += "\xFF/";
    }
    write(1, allow(milliseconds(3), escaped));
    loki_.set_rule([this](const SeenPush& push) {
        for (const auto& entry : push.entries) {
            EXPECT_LE(entry.line.size(), 256U << 10U);
        }
        return loki_.store(push);
    });
    start();
    ASSERT_TRUE(deliver(4));
    EXPECT_EQ(daemon_->pipeline.account().allowed, 4U);
    const auto lines = loki_.all_lines();
    EXPECT_EQ(std::ranges::count_if(lines,
                                    [](const std::string& line) {
                                        return line.find(R"("url_truncated":true)") !=
                                               std::string::npos;
                                    }),
              3);
    for (const std::string& line : lines) {
        EXPECT_THAT(line, HasSubstr(R"("domain":"h.example")"));
    }
    expect_every_row_once();
}

TEST_F(PipelineTroubleTest, AnEndWithNowhereToPutThingsIsNoCleanEnd) {
    spool_bytes_ = 0;
    write(1, allow(milliseconds(0), "a"));
    loki_.set_rule([](const SeenPush&) { return answered(403); });
    start();
    step_for(Seconds(3));
    EXPECT_FALSE(daemon_->pipeline.drain(milliseconds(0)));
    EXPECT_FALSE(saved().clean);
    EXPECT_EQ(saved_offset(), 0U);
    loki_.set_rule(nullptr);
    start();
    ASSERT_TRUE(deliver(1)) << "the next start reads it again";
}

TEST_F(PipelineTroubleTest, WithoutItsCheckpointItReadsAllAgainAndStoresNothingTwice) {
    write(1, allow(milliseconds(0), "a") + allow(milliseconds(1), "b"));
    start();
    ASSERT_TRUE(deliver(2));
    stop();
    fs::resize_file(folder_.file("state/checkpoint"), 10);
    start();
    EXPECT_TRUE(daemon_->exporter.doubtful());
    step_for(Seconds(5));
    EXPECT_EQ(daemon_->pipeline.account().lines, 2U);
    EXPECT_THAT(loki_.all_lines(), SizeIs(2));
    expect_every_row_once();
}

TEST_F(PipelineTroubleTest, CountsTheDropsThatBoundaryItselfReports) {
    const std::string address = "127.0.0.1:" + std::to_string(test_support::free_port());
    write(1,
          "time=2026-05-28T20:26:40.000Z level=WARN msg=\"audit log dropped, channel full\"\n"
          "time=2026-05-28T20:26:40.001Z level=INFO msg=\"all is well\"\n");
    start();
    ASSERT_TRUE(daemon_->telemetry.expose(address).has_value());
    ASSERT_TRUE(deliver(2));
    const auto [status, text] = test_support::http_get("http://" + address + "/metrics");
    EXPECT_EQ(status, 200);
    EXPECT_THAT(text, HasSubstr("boundary_loki_boundary_audit_dropped_total 1\n"));
}

TEST_F(PipelineTroubleTest, AFileThatVanishesBeforeItWasReadLeavesANotice) {
    spool_bytes_ = 0;
    write(1, twelve_megabytes());
    loki_.set_rule([](const SeenPush&) { return answered(403); });
    start();
    step_for(Seconds(10));
    fs::resize_file(log_file(1), 0);
    step_for(Seconds(130));
    loki_.set_rule(nullptr);
    step_for(Seconds(130));
    EXPECT_THAT(loki_.all_lines(), testing::Contains(HasSubstr("lost_bytes")));
}

TEST_F(PipelineTroubleTest, WhatWasDoneToALogWhileNoDaemonRanLeavesANotice) {
    const std::string whole = allow(milliseconds(0), "a") + allow(milliseconds(1), "b");
    const std::string longer =
        allow(milliseconds(2), "other-than-it-was") + allow(milliseconds(3), "c");
    const std::string shorter = allow(milliseconds(4), "d");
    int pid = 0;
    for (const auto& [after, notice] :
         {std::pair(longer, "boundary: log file was rewritten after it was read"),
          std::pair(shorter, "boundary: log file was truncated while no daemon ran")}) {
        for (const bool orderly : {true, false}) {
            write(++pid, whole);
            start();
            step_for(Seconds(5));
            orderly ? stop() : crash();
            fs::resize_file(log_file(pid), 0);
            write(pid, after);
            const auto lines = static_cast<std::size_t>(std::ranges::count(after, '\n'));
            const std::size_t all = loki_.all_lines().size() + lines + 1;
            start();
            EXPECT_TRUE(deliver(all)) << notice;
            stop();
            start();
            step_for(Seconds(130));
            EXPECT_EQ(loki_.all_lines().size(), all) << "told once";
            EXPECT_THAT(loki_.all_lines(),
                        testing::Contains(HasSubstr(notice)).Times(orderly ? 1 : 2));
        }
    }
    expect_every_row_once();
}

TEST_F(PipelineTroubleTest, AfterACrashALogThatBeganAnewIsNotTakenForTheOldOne) {
    spool_bytes_ = 0;
    // The second line stays in flight: what was read is ahead of what the checkpoint is past.
    loki_.set_rule([this](const SeenPush& push) {
        return push.stream.find("deny") == std::string::npos ? loki_.store(push) : answered(500);
    });
    write(1, allow(milliseconds(0), "old/1") + test_support::deny_line("2026-05-28T20:26:40.001Z"));
    start();
    ASSERT_TRUE(deliver(1));
    step_for(Seconds(3));
    write(2, allow(milliseconds(2), "another"));
    static_cast<void>(daemon_->pipeline.step());  // a checkpoint, and no other for a second
    fs::resize_file(log_file(1), 0);
    write(1, allow(milliseconds(3), "new/1"));
    static_cast<void>(daemon_->pipeline.step());
    ASSERT_EQ(daemon_->tailer.files().troubles().truncated, 1U);
    write(1, allow(milliseconds(4), "new/2"));  // past the old offset
    crash();
    loki_.set_rule(nullptr);
    start();
    step_for(Seconds(10));
    for (const std::string_view line : {"new/1", "new/2", "another"}) {
        EXPECT_THAT(loki_.all_lines(), testing::Contains(HasSubstr(std::string(line))));
    }
    expect_every_row_once();
}

TEST_F(PipelineTroubleTest, ANoticeOfNowMakesNothingLateThatWasSentBeforeACrash) {
    write(2, allow(milliseconds(0), "x"));
    start();
    ASSERT_TRUE(deliver(1));
    stop();
    clock_.advance(std::chrono::hours(2));
    write(1, "time=2026-05-28T20:26:40.000Z level=INFO msg=\"of two hours ago\"\n");
    loki_.set_rule([this](const SeenPush& push) {
        static_cast<void>(loki_.store(push));
        return test_support::ambiguous();
    });
    start();
    ASSERT_TRUE(deliver(2));
    crash();
    loki_.set_rule(nullptr);
    fs::resize_file(log_file(2), 0);
    start();
    ASSERT_TRUE(deliver(3)) << "the notice";
    step_for(Seconds(130));
    EXPECT_THAT(loki_.all_lines(), SizeIs(3));
    for (const auto& [stream, rows] : loki_.rows()) {
        EXPECT_THAT(stream, testing::Not(HasSubstr("late")));
    }
}

}  // namespace
}  // namespace bridge
