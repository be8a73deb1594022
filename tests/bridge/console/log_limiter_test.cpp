// SPDX-License-Identifier: MIT
#include "bridge/console/log_limiter.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/console/log.h"
#include "tests/support/fake_clock.h"

namespace bridge {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kBurst = LogLimiter::kBurst;

/// How many of `times` are let through.
std::uint64_t admitted(LogLimiter& limiter, const std::string& message, base::SteadyTime now,
                       std::uint64_t times) {
    std::uint64_t through = 0;
    for (std::uint64_t i = 0; i < times; ++i) {
        through += limiter.admits(message, now) ? 1 : 0;
    }
    return through;
}

TEST(LogLimiterTest, HoldsBackWhatRepeatsAndNothingElse) {
    LogLimiter limiter;
    const base::SteadyTime now{};
    EXPECT_EQ(admitted(limiter, "flood", now, 1000), kBurst);
    EXPECT_TRUE(limiter.admits("rare", now));
    EXPECT_THAT(limiter.take_suppressed(now), IsEmpty()) << "the window is not over";
    EXPECT_THAT(limiter.take_suppressed(now + LogLimiter::kWindow),
                ElementsAre(LogLimiter::Suppressed{"flood", 1000 - kBurst}));
    EXPECT_THAT(limiter.take_suppressed(now + LogLimiter::kWindow), IsEmpty()) << "told once";
    EXPECT_EQ(admitted(limiter, "flood", now + LogLimiter::kWindow, 1000), kBurst);
}

TEST(LogLimiterTest, TellsAllAtTheEnd) {
    LogLimiter limiter;
    const base::SteadyTime now{};
    static_cast<void>(admitted(limiter, "flood", now, kBurst + 1));
    EXPECT_THAT(limiter.take_suppressed(now, true),
                ElementsAre(LogLimiter::Suppressed{"flood", 1}));
}

TEST(LogLimiterTest, IsHeldByALogThatHasAClock) {
    test_support::FakeClock clock;
    testing::internal::CaptureStderr();
    {
        const Log log(LogLevel::Warn, LogFormat::Text, &clock);
        for (std::uint64_t i = 0; i < kBurst + 5; ++i) {
            log.warn("flood", {{"n", std::to_string(i)}});
            log.debug("not written", {});
        }
        clock.advance(LogLimiter::kWindow);
        log.warn("later");
        for (std::uint64_t i = 0; i < kBurst + 2; ++i) {
            log.error("flood");
        }
    }
    const auto text = testing::internal::GetCapturedStderr();
    EXPECT_THAT(text, HasSubstr("n=19\n"));
    EXPECT_THAT(text, testing::ContainsRegex(
                          "msg=\"suppressed repeats of a message\" message=flood count=5\n"
                          "ts=[^ ]+ level=warn msg=later\n"));
    EXPECT_THAT(text, HasSubstr("message=flood count=2\n")) << "when the log ends";
    EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<std::ptrdiff_t>(2 * kBurst + 3));
}

TEST(LogLimiterTest, IsNotHeldByALogWithoutOne) {
    testing::internal::CaptureStderr();
    const Log log(LogLevel::Warn, LogFormat::Text);
    for (std::uint64_t i = 0; i < 10 * kBurst; ++i) {
        log.warn("flood");
    }
    const auto text = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<std::ptrdiff_t>(10 * kBurst));
}

}  // namespace
}  // namespace bridge
