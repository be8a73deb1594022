// SPDX-License-Identifier: MIT
#include "bridge/daemon/heartbeat.h"

#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_loki.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test_support::answered;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class HeartbeatTest : public testing::Test {
protected:
    HeartbeatTest() {
        settings_.identity.owner = "joe";
        settings_.identity.workspace_name = "w1";
        settings_.identity.kubernetes_namespace = "coder-workspaces";
        settings_.identity.workspace_id = "id-1";
        settings_.extra_labels = {{"cluster", "eu-1"}};
        health_.totals.denied = 3;
    }
    void make(milliseconds every = minutes(5)) {
        beats_.emplace(settings_, "1.2.3", every, loki_, clock_, log_);
    }
    [[nodiscard]] std::string last_line() const { return loki_.pushes().back().lines().at(0); }

    test_support::FakeClock clock_;
    test_support::FakeLoki loki_;
    Log log_{LogLevel::Info, LogFormat::Text};
    tailer::EnrichSettings settings_;
    Health health_;
    std::optional<Heartbeat> beats_;
};

TEST_F(HeartbeatTest, HasAStreamOfItsOwn) {
    make();
    clock_.advance(seconds(75));
    health_.lag_seconds = 1.9;
    health_.spool_bytes = 4096;
    beats_->beat(health_);
    ASSERT_THAT(loki_.pushes(), SizeIs(1));
    const auto& push = loki_.pushes().front();
    EXPECT_EQ(push.stream,
              R"({cluster="eu-1", job="boundary-loki", owner="joe", workspace_name="w1"})");
    ASSERT_THAT(push.entries, SizeIs(1));
    EXPECT_EQ(push.entries[0].timestamp_ns, clock_.wall_ns());
    EXPECT_EQ(push.entries[0].line,
              "msg=heartbeat up=1 version=1.2.3 uptime_seconds=75 lag_seconds=1 spool_bytes=4096 "
              "in_doubt=0 tracked_files=0 allowed=0 denied=3 pushed=0 unparsed=0 rejected=0 "
              "skipped=0 tampered=0 suspect=0 lost=0 audit_dropped=0");
    // Live panels select by the namespace, and show decisions.
    EXPECT_THAT(
        push.entries[0].metadata,
        UnorderedElementsAre(Pair("namespace", "coder-workspaces"), Pair("workspace_id", "id-1")));
}

TEST_F(HeartbeatTest, ALabelThatMakesNoStreamIsMetadata) {
    settings_.stream_labels = {"owner"};
    make();
    beats_->beat(health_);
    EXPECT_EQ(loki_.pushes().front().stream,
              R"({cluster="eu-1", job="boundary-loki", owner="joe"})");
    EXPECT_THAT(loki_.pushes().front().entries[0].metadata,
                testing::Contains(Pair("workspace_name", "w1")));
}

TEST_F(HeartbeatTest, ComesSoonAndThenEverySoOften) {
    make();
    const auto begun = clock_.steady();
    EXPECT_EQ(beats_->due(), begun + seconds(10));
    clock_.advance(seconds(12));
    beats_->beat(health_);
    EXPECT_GE(beats_->due(), clock_.steady() + minutes(5) / 2);
    EXPECT_LE(beats_->due(), clock_.steady() + minutes(5));
    clock_.advance(minutes(5));
    beats_->beat(health_);
    EXPECT_EQ(beats_->due(), clock_.steady() + minutes(5));
    make(seconds(1));
    EXPECT_EQ(beats_->due(), clock_.steady() + seconds(1));
    make(milliseconds(0));
    EXPECT_EQ(beats_->due(), base::SteadyTime::max());
}

TEST_F(HeartbeatTest, AFleetDoesNotBeatAsOne) {
    std::map<minutes, int> beats_by_minute;
    for (int i = 0; i < 300; ++i) {
        settings_.identity.workspace_name = "w" + std::to_string(i);
        make(minutes(20));
        beats_->beat(health_);
        ++beats_by_minute[std::chrono::floor<minutes>(beats_->due() - clock_.steady())];
    }
    EXPECT_EQ(beats_by_minute.size(), 10U);
    for (const auto& [minute, beats] : beats_by_minute) {
        EXPECT_GT(beats, 10) << minute.count();
    }
}

TEST_F(HeartbeatTest, CountsWhatCameSinceTheLastThatWasTaken) {
    make();
    beats_->beat(health_);
    beats_->beat(health_);
    EXPECT_THAT(last_line(), HasSubstr(" denied=0 "));
    health_.totals.denied = 10;
    loki_.refuse_next(answered(503));
    beats_->beat(health_);
    health_.totals.denied = 11;
    beats_->beat(health_);
    EXPECT_THAT(last_line(), HasSubstr(" denied=8 "));
}

TEST_F(HeartbeatTest, EndsWithAWordOnlyWhenItWasHeard) {
    make();
    beats_->end(health_, seconds(1));
    EXPECT_THAT(loki_.pushes(), IsEmpty());  // nobody knows that it ran
    beats_->beat(health_);
    beats_->end(health_, milliseconds(0));
    EXPECT_THAT(loki_.pushes(), SizeIs(1));  // there is no time left
    beats_->end(health_, seconds(1));
    ASSERT_THAT(loki_.pushes(), SizeIs(2));
    EXPECT_THAT(last_line(), StartsWith("msg=heartbeat up=0 "));
    loki_.refuse_next(answered(503));
    beats_->beat(health_);
    beats_->end(health_, seconds(1));
    EXPECT_THAT(loki_.all_lines(), SizeIs(2));  // Loki is away
}

TEST_F(HeartbeatTest, ALokiWithoutMetadataGetsItWithout) {
    loki_.set_rule([this](const test_support::SeenPush& push) {
        return push.entries[0].metadata.empty()
                   ? loki_.store(push)
                   : answered(400,
                              "stream '{}' includes structured metadata, but this feature is "
                              "disallowed. Please see `limits_config.allow_structured_metadata`"
                              " or contact your Loki administrator to enable it");
    });
    make();
    beats_->beat(health_);
    EXPECT_THAT(loki_.pushes(), SizeIs(2));
    EXPECT_THAT(loki_.all_lines(), SizeIs(1));
    beats_->beat(health_);
    EXPECT_THAT(loki_.pushes(), SizeIs(3));
}

TEST_F(HeartbeatTest, SaysOnceThatItIsNotHeard) {
    make();
    testing::internal::CaptureStderr();
    loki_.refuse_next(answered(401, "no org id"));
    loki_.refuse_next(answered(401, "no org id"));
    beats_->beat(health_);
    beats_->beat(health_);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_THAT(said, AllOf(HasSubstr("does not take the heartbeat"), HasSubstr("no org id")));
    EXPECT_EQ(said.find("heartbeat"), said.rfind("heartbeat"));
}

}  // namespace
}  // namespace bridge
