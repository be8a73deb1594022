// SPDX-License-Identifier: MIT
// A segment of the spool that is damaged or gone: what it held is read from the logs again.
#include <algorithm>
#include <filesystem>

#include "tests/bridge/daemon/spool_loss_fixture.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test_support::SeenPush;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Harm = void (*)(const std::string&);

TEST_F(PipelineSpoolLossTest, WhatASegmentHeldIsReadFromTheLogsAgain) {
    take_loki_away();
    int written = 0;
    for (const Harm harm : {Harm{flip_a_bit}, Harm{remove}}) {
        for (const bool between_runs : {false, true}) {
            SCOPED_TRACE(written);
            start();
            write(1, decisions(written, 50));
            spool_what_is_there();
            write(2, decisions(written + 50, 50));
            written += 100;
            spool_what_is_there();
            if (between_runs) {
                stop();
            }
            ASSERT_THAT(segments(), testing::Not(IsEmpty()));
            harm(segments().front());
            if (between_runs) {
                start();
            }
            const auto before = loki_.rows();
            bring_loki_back();
            for (const auto& [stream, rows] : before) {
                for (const auto& [row, times] : rows) {
                    loki_.store(stream, {row.first, row.second, {}});
                }
            }
            ASSERT_TRUE(settles());
            expect_all_there_once(written);
            step_for(Seconds(3));
            EXPECT_THAT(saved().segments, IsEmpty());
            EXPECT_THAT(segments(), IsEmpty());
            stop();
            take_loki_away();
        }
    }
}

TEST_F(PipelineSpoolLossTest, WhatNoLogHoldsAnyMoreIsCountedAndSaid) {
    for (const bool between_runs : {false, true}) {
        SCOPED_TRACE(between_runs);
        take_loki_away();
        start();
        write(1, decisions(0, 30));
        write(2, decisions(100, 20));
        spool_what_is_there();
        if (between_runs) {
            stop();
        }
        for (const auto& segment : segments()) {
            fs::remove(segment);
        }
        fs::remove(log_file(1));
        if (between_runs) {
            start();
        } else {
            step_for(Seconds(61));  // the next listing of the folder
        }
        bring_loki_back();
        ASSERT_TRUE(settles());
        EXPECT_EQ(lost(), 30U);
        ASSERT_TRUE(step_until([&] { return notices() == 1; }));
        EXPECT_THAT(loki_.all_lines(), SizeIs(21));
        EXPECT_THAT(loki_.all_lines(), testing::Contains(HasSubstr(R"("lost_entries":"30")")));
        step_for(Seconds(3));
        EXPECT_THAT(saved().segments, IsEmpty());
        stop();
        start();
        step_for(Seconds(130));
        EXPECT_EQ(notices(), 1U) << "it is said once";
        stop();
        loki_.clear();
        fs::remove_all(folder_.file("state"));
        fs::remove(log_file(2));
    }
}

TEST_F(PipelineSpoolLossTest, WhatIsLostMeanwhileWaitsForNobodyElse) {
    take_loki_away();
    start();
    for (const std::size_t spooled : {2U, 4U}) {  // what the older ones hold is in memory, too
        write(1, decisions(0, 10) + test_support::deny_line(test_support::stamp(begun_ns_)));
        ASSERT_TRUE(step_until([&] { return daemon_->state.spool().segments() == spooled; }));
    }
    fs::remove(segments()[2]);
    fs::remove(segments()[2]);
    bring_loki_back();
    clock_.advance(Seconds(31));  // both streams are due
    std::size_t most_lost = 0;
    const base::SteadyTime begun = clock_.steady();
    while (!daemon_->exporter.idle() || daemon_->exporter.backlog().lost() > 0) {
        const base::SteadyTime due = daemon_->pipeline.step();
        clock_.advance(std::max<base::SteadyTime::duration>(due - clock_.steady(), Seconds(0)));
        most_lost = std::max(most_lost, daemon_->exporter.backlog().lost());
    }
    EXPECT_EQ(most_lost, 2U) << "one was missed while the other one was read again";
    EXPECT_LE(clock_.steady() - begun, Seconds(5)) << "nothing else is due so soon";
    EXPECT_THAT(loki_.all_lines(), SizeIs(22));
}

TEST_F(PipelineSpoolLossTest, ACrashBeforeAllIsAccountedForBeginsAnew) {
    start_and_spool(40);
    flip_a_bit(segments().front());
    bring_loki_back();
    ASSERT_TRUE(step_until([&] { return daemon_->exporter.in_flight_bytes() > 0; }));
    EXPECT_THAT(saved().segments, SizeIs(1)) << "what was read again is in memory alone";
    crash();
    bring_loki_back();
    start();
    ASSERT_TRUE(settles());
    expect_all_there_once(40);
}

TEST_F(PipelineSpoolLossTest, WhatWasStoredAllTheSameIsNotSentAgain) {
    start_and_spool(10);
    bring_loki_back();
    loki_.set_rule([this](const SeenPush& push) {
        static_cast<void>(loki_.store(push));
        return test_support::ambiguous();
    });
    ASSERT_TRUE(deliver(10));
    crash();
    loki_.set_rule(nullptr);
    ASSERT_THAT(segments(), SizeIs(1));
    fs::remove(segments().front());
    start();
    ASSERT_TRUE(settles());
    step_for(Seconds(5));
    expect_all_there_once(10);
}

TEST_F(PipelineSpoolLossTest, ALogThatWasRewrittenDoesNotStandInForTheLostOne) {
    start_and_spool(10);
    stop();
    fs::remove(segments().front());
    fs::remove(log_file(1));
    write(1, decisions(500, 20));
    bring_loki_back();
    start();
    ASSERT_TRUE(settles());
    ASSERT_TRUE(step_until([&] { return notices() == 1; }));
    EXPECT_EQ(lost(), 10U);
    EXPECT_THAT(loki_.all_lines(), SizeIs(21));
    expect_every_row_once();
}

TEST_F(PipelineSpoolLossTest, OfALogThatBeganAnewWhatIsThereIsReadAgain) {
    for (const bool restarted : {false, true}) {  // the checkpoint has to tell them apart
        SCOPED_TRACE(restarted);
        take_loki_away();
        start();
        write(1, decisions(0, 3));
        ASSERT_TRUE(step_until([&] { return daemon_->exporter.in_flight_bytes() > 0; }));
        fs::resize_file(log_file(1), 0);
        step_for(milliseconds(50));
        // Its own numbers go on where the first one's ended.
        std::string denials;
        for (int i = 0; i < 3; ++i) {
            denials += test_support::deny_line(test_support::stamp(begun_ns_));
        }
        write(1, test_support::notice_line(test_support::stamp(begun_ns_), "x") + denials +
                     decisions(500, 2));
        spool_what_is_there();
        stop();
        if (restarted) {
            start();
            spool_what_is_there();
            stop();
        }
        ASSERT_THAT(segments(), testing::Not(IsEmpty()));
        for (const auto& segment : segments()) {
            fs::remove(segment);
        }
        bring_loki_back();
        start();
        ASSERT_TRUE(settles());
        ASSERT_TRUE(step_until([&] { return notices() == 1; }));
        EXPECT_EQ(lost(), 3U);
        EXPECT_EQ(daemon_->telemetry.health().totals.denied, 0U) << "read again, not anew";
        std::size_t there = 0;
        for (const auto& line : loki_.all_lines()) {
            there += line.find("boundary_request") != std::string::npos ? 1U : 0U;
        }
        EXPECT_EQ(there, 5U);
        expect_every_row_once();
        stop();
        loki_.clear();
        fs::remove_all(folder_.file("state"));
        fs::remove(log_file(1));
    }
}

TEST_F(PipelineSpoolLossTest, ADenialNeverStandsInForWhatWasAllowed) {
    start_and_spool(10);
    write(1, decisions(10, 10));
    spool_what_is_there();
    stop();
    fs::remove(log_file(1));
    write(1, decisions(0, 11) + test_support::deny_line(test_support::stamp(begun_ns_)));
    start();
    spool_what_is_there();
    fs::remove(segments()[1]);
    bring_loki_back();
    ASSERT_TRUE(settles());
    ASSERT_TRUE(step_until([&] { return notices() == 1; }));
    for (const auto& [stream, rows] : loki_.rows()) {
        for (const auto& [row, times] : rows) {
            const bool denied = row.second.find(R"("decision":"deny")") != std::string::npos;
            EXPECT_EQ(denied, stream.find(R"(decision="deny")") != std::string::npos) << stream;
        }
    }
}

TEST_F(PipelineSpoolLossTest, LeavesToThePipelineWhatThatHasYetToReadOrSend) {
    start_and_spool(10);
    write(1, decisions(10, 10));
    stop();
    write(1, decisions(20, 10));
    for (const auto& segment : segments()) {
        fs::remove(segment);
    }
    bring_loki_back();
    start();
    write(1, decisions(30, 10));
    ASSERT_TRUE(settles());
    ASSERT_TRUE(deliver(40));
    expect_all_there_once(40);
}

TEST_F(PipelineSpoolLossTest, AnUpgradeWithADamagedSegmentReadsAllLogsAgain) {
    start_and_spool(10);
    stop();
    make_checkpoint_of_version_three();
    flip_a_bit(segments().front());
    bring_loki_back();
    start();
    ASSERT_TRUE(settles());
    ASSERT_TRUE(deliver(10));
    expect_every_row_once();
}

}  // namespace
}  // namespace bridge
