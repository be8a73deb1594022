// SPDX-License-Identifier: MIT
#include <thread>

#include "tests/bridge/daemon/pipeline_fixture.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;
using test_support::answered;
using testing::SizeIs;

/// follow() and deliver() wait by themselves, so here the clock is the real one.
class PipelineRunTest : public PipelineTest {
protected:
    PipelineRunTest() { settings_.batch_wait = milliseconds(1); }

    void make_daemon() {
        daemon_.reset();
        daemon_ = std::make_unique<Daemon>(*this, loki_, system_clock_, spool_bytes_);
    }
    base::SystemClock system_clock_;
};

TEST_F(PipelineRunTest, FollowsUntilItIsStopped) {
    write(1, allow(milliseconds(0), "a"));
    make_daemon();
    loki_.set_rule([this](const test_support::SeenPush& push) {
        if (loki_.all_lines().empty()) {
            write(1, allow(milliseconds(1), "b"));
        } else {
            daemon_->pipeline.stop();
        }
        return loki_.store(push);
    });
    daemon_->pipeline.follow();
    EXPECT_THAT(loki_.all_lines(), SizeIs(2));
    EXPECT_TRUE(daemon_->pipeline.drain(milliseconds(100)));
    EXPECT_TRUE(saved().clean);
}

TEST_F(PipelineRunTest, CanBeStoppedFromAnotherThreadWhileItWaits) {
    make_daemon();
    std::jthread other([this] { daemon_->pipeline.stop(); });
    daemon_->pipeline.follow();
    other.join();
    EXPECT_TRUE(daemon_->pipeline.drain(milliseconds(0)));
}

TEST_F(PipelineRunTest, GivesLokiTimeToTakeTheRest) {
    make_daemon();
    daemon_->pipeline.begin();
    write(1, allow(milliseconds(0), "a"));
    while (daemon_->pipeline.account().lines == 0) {
        static_cast<void>(daemon_->pipeline.step());
    }
    loki_.refuse_next(answered(429));
    EXPECT_TRUE(daemon_->pipeline.drain(std::chrono::seconds(20)));
    EXPECT_THAT(loki_.all_lines(), SizeIs(1));
    EXPECT_EQ(daemon_->state.spool().segments(), 0U);
}

TEST_F(PipelineRunTest, DeliversWhatWasWrittenBeforeTheStopAndNotReadYet) {
    write(1, allow(milliseconds(0), "a"));
    make_daemon();
    daemon_->pipeline.begin();
    daemon_->pipeline.stop();
    daemon_->pipeline.follow();
    write(1, allow(milliseconds(1), "b"));
    write(2, allow(milliseconds(2), "c"));
    EXPECT_TRUE(daemon_->pipeline.drain(std::chrono::seconds(20)));
    EXPECT_THAT(loki_.all_lines(), SizeIs(3));
    EXPECT_TRUE(saved().clean);
}

/// One shot, without state.
class PipelineOnceTest : public PipelineRunTest {
protected:
    struct Once {
        Once(const PipelineOnceTest& test, exporter::LokiApi& loki)
            : daemon(bridge::Daemon::open(test.settings(),
                                          {.log = log,
                                           .clock = test.system_clock_,
                                           .loki = loki,
                                           .read_once = std::vector<std::string>{test.logs()},
                                           .jitter_seed = 1})
                         .value()) {}
        Log log{LogLevel::Error, LogFormat::Text};
        std::unique_ptr<bridge::Daemon> daemon;
        Telemetry& telemetry = daemon->telemetry();
        Pipeline& pipeline = daemon->pipeline();
    };
};

TEST_F(PipelineOnceTest, DeliversAllThereIsAndEnds) {
    settings_.batch_wait = std::chrono::hours(1);
    for (int i = 0; i < 100; ++i) {
        write(i % 5, allow(milliseconds(i), std::to_string(i)));
    }
    write(7, "unparsed, which keeps nothing from ending\n" + allow(milliseconds(200), "cut"));
    Once once(*this, loki_);
    EXPECT_TRUE(once.pipeline.deliver([] { return false; }));
    EXPECT_THAT(loki_.all_lines(), SizeIs(101));
    EXPECT_EQ(once.pipeline.account().unparsed, 1U);
    expect_every_row_once();
}

TEST_F(PipelineOnceTest, AsksLokiFirstWhatADaemonMayHaveShippedOfTheSameFiles) {
    write(1, allow(milliseconds(0), "a") + allow(milliseconds(1), "b"));
    for (int times = 0; times < 2; ++times) {
        Once once(*this, loki_);
        EXPECT_TRUE(once.pipeline.deliver([] { return false; }));
    }
    EXPECT_GT(loki_.queries(), 0U);
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
    expect_every_row_once();
}

TEST_F(PipelineOnceTest, GivesUpWhenToldSo) {
    write(1, allow(milliseconds(0), "a"));
    loki_.set_rule([](const auto&) { return answered(401); });
    Once once(*this, loki_);
    EXPECT_FALSE(once.pipeline.deliver(
        [&] { return once.daemon->exporter().account().held().has_value(); }));
    EXPECT_THAT(loki_.pushes(), SizeIs(1));
}

TEST_F(PipelineOnceTest, EndsWhenStopped) {
    write(1, allow(milliseconds(0), "a"));
    Once once(*this, loki_);
    loki_.set_rule([&](const auto&) {
        once.pipeline.stop();
        return answered(429);
    });
    EXPECT_FALSE(once.pipeline.deliver([] { return false; }));
}

TEST_F(PipelineOnceTest, TellsOfAFileThatItCannotRead) {
    folder_.append("logs/boundary-2026-05-28_20-26-40-9.log.gz", "this is no gzip");
    write(1, allow(milliseconds(0), "a"));
    testing::internal::CaptureStderr();
    Once once(*this, loki_);
    EXPECT_TRUE(once.pipeline.deliver([] { return false; }));
    EXPECT_EQ(once.pipeline.account().unreadable_files, 1U);
    EXPECT_THAT(loki_.all_lines(), SizeIs(1));
    testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace bridge
