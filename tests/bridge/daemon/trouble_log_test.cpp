// SPDX-License-Identifier: MIT
// What the daemon's own log says of trouble, and how often.
#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/daemon/telemetry.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_loki.h"

namespace bridge {
namespace {

using exporter::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test_support::answered;
using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

class TroubleLogTest : public testing::Test {
protected:
    Log log_{LogLevel::Info, LogFormat::Text};
    test_support::FakeClock clock_;
    Telemetry telemetry_{log_, clock_, "1.2.3"};
};

TEST_F(TroubleLogTest, WarnsAtTheFirstOfWhateverIsWrong) {
    CaptureStderr();
    tailer::SkippedFiles skipped(1);
    telemetry_.count_unparsed("no_time");
    telemetry_.count_unparsed("no_time");
    telemetry_.count_suspect("keys");
    telemetry_.set_files(skipped, {.truncated = 2, .rewritten = 0, .removed = 1});
    telemetry_.on_rejected("in_doubt", "token=SECRET-OF-A-SERVER-1234567890");
    telemetry_.count_loss("log file was truncated or removed before it was read", "s", "17");
    const std::string told = GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(told, '\n'), 6) << told;
    for (const char* text :
         {"not understood; they are kept in the dead letters\" reason=no_time count=1 so_far=1",
          "may be forging lines\" reason=keys count=1",
          "as no writer of a log does\" reason=truncated count=2", "reason=in_doubt count=1",
          "reason=\"removed before it was read\" count=1", "an audit log has a hole",
          "last=\"session s, bytes lost 17\""}) {
        EXPECT_THAT(told, HasSubstr(text));
    }
    EXPECT_THAT(told, testing::Not(HasSubstr("SECRET-OF-A-SERVER")));
}

TEST_F(TroubleLogTest, SaysOfALokiThatWasWipedWhatBringsTheRestBack) {
    CaptureStderr();
    telemetry_.on_stored_gone(R"({job="boundary"})");
    const std::string told = GetCapturedStderr();
    EXPECT_THAT(told, HasSubstr("level=error"));
    EXPECT_THAT(told, HasSubstr("it was wiped, or is another one"));
    EXPECT_THAT(told, HasSubstr("boundary-loki replay"));
}

TEST_F(TroubleLogTest, SaysByHowMuchTheClockIsWrongAndWhenItIsRight) {
    const auto answer = [this](std::chrono::seconds ahead) {
        auto reply = answered(204);
        reply.server_time = clock_.wall_ns() / 1'000'000'000 - ahead.count();
        telemetry_.on_answer(reply, milliseconds(1));
    };
    CaptureStderr();
    answer(seconds(0));
    answer(seconds(59));
    answer(seconds(-59));
    EXPECT_EQ(GetCapturedStderr(), "");
    CaptureStderr();
    answer(seconds(259'200));
    answer(seconds(259'200));
    std::string told = GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(told, '\n'), 1);
    EXPECT_THAT(told, HasSubstr("runs ahead of Loki's"));
    EXPECT_THAT(told, HasSubstr("seconds=259200"));
    CaptureStderr();
    clock_.advance(std::chrono::minutes(10));
    answer(seconds(-600));
    answer(seconds(0));
    answer(seconds(0));
    told = GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(told, '\n'), 2);
    EXPECT_THAT(told, HasSubstr("runs behind Loki's"));
    EXPECT_THAT(told, HasSubstr("seconds=600"));
    EXPECT_THAT(told, HasSubstr("agree again"));
}

TEST_F(TroubleLogTest, TellsAnOperatorWhatToMendOnce) {
    CaptureStderr();
    for (int i = 0; i < 3; ++i) {
        telemetry_.on_retry(answered(401, "no org id"), Outcome::Hold);
    }
    const std::string told = GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(told, '\n'), 1) << told;
    EXPECT_THAT(told, HasSubstr("level=error"));
    EXPECT_THAT(told, HasSubstr("no org id"));
}

TEST_F(TroubleLogTest, SaysWhichLimitItIsAndWhatToRaise) {
    CaptureStderr();
    for (int i = 0; i < 5; ++i) {
        telemetry_.on_limited(answered(429, "Ingestion rate limit exceeded (limit: 1 bytes/sec)"));
        telemetry_.on_limited(answered(429, "maximum active stream limit exceeded"));
        telemetry_.on_stored(1, 1);
    }
    const std::string told = GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(told, '\n'), 2) << told;
    EXPECT_THAT(told, HasSubstr("limits the rate of pushes"));
    EXPECT_THAT(told, HasSubstr("no room for another stream"));
    EXPECT_THAT(told, HasSubstr("raise max_global_streams_per_user"));
}

TEST_F(TroubleLogTest, RemindsOfALastingDiskTroubleOnceAMinute) {
    CaptureStderr();
    for (int i = 0; i < 121; ++i) {
        telemetry_.on_disk_trouble("cannot write /state: No space left on device");
        clock_.advance(seconds(1));
    }
    const std::string told = GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(told, '\n'), 3);
    EXPECT_THAT(told, HasSubstr("No space left on device"));
}

TEST_F(TroubleLogTest, WarnsOfWhatTheServerDoesNotAllow) {
    CaptureStderr();
    telemetry_.on_metadata_refused();
    telemetry_.on_read_back_unavailable(answered(403, "forbidden"));
    const std::string told = GetCapturedStderr();
    EXPECT_THAT(told, HasSubstr("structured metadata"));
    EXPECT_THAT(told, HasSubstr("cannot read back"));
    EXPECT_THAT(told, HasSubstr("forbidden"));
}

TEST_F(TroubleLogTest, SaysThatAServerWithoutDedupStoresWhatIsSentAgainTwice) {
    CaptureStderr();
    exporter::Reply reply = answered(403, "forbidden");
    reply.stores_repeats = true;
    telemetry_.on_read_back_unavailable(reply);
    const std::string told = GetCapturedStderr();
    EXPECT_THAT(told, HasSubstr("VictoriaLogs"));
    EXPECT_THAT(told, HasSubstr("stored twice"));
}

}  // namespace
}  // namespace bridge
