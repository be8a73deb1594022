// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>

#include "base/nanoseconds.h"
#include "base/rfc3339.h"
#include "tests/exporter/exporter_fixture.h"
#include "tests/support/file_size_limit.h"

namespace exporter {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using test_support::SeenPush;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LokiExporterLateTest : public ExporterTest {
protected:
    /// The sibling stream for an event at this instant.
    [[nodiscard]] std::string late_stream(nanoseconds offset) const {
        std::string hour;
        base::append_rfc3339_nano(hour, at(offset));
        return R"({decision="deny", job="boundary", late=")" + hour.substr(0, 13) + R"("})";
    }
    /// From now on somebody else is ahead in the stream of denials.
    void be_overtaken() {
        std::string oldest;
        base::append_rfc3339_nano(oldest, at(seconds(0)));
        loki_.set_rule([this, oldest](const SeenPush& push) {
            return push.stream != kDeny
                       ? loki_.store(push)
                       : test_support::answered(400,
                                                "'entry too far behind, entry timestamp is: x, "
                                                "oldest acceptable timestamp is: " +
                                                    oldest + "'");
        });
    }
};

TEST_F(LokiExporterLateTest, SendsWhatLiesTooFarBehindToASiblingNamedByItsHour) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "newest");
    add(kDenyStream, -minutes(46), "late");
    add(kDenyStream, -hours(30), "very late");
    flush_and_run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("newest"));
    EXPECT_THAT(loki_.lines(late_stream(-minutes(46))), ElementsAre("late"));
    EXPECT_THAT(loki_.lines(late_stream(-hours(30))), ElementsAre("very late"));
    expect_all_settled();
    EXPECT_TRUE(exporter_->idle());
}

TEST_F(LokiExporterLateTest, ToleratesDisorderWithinTheWindow) {
    start();
    add(kDenyStream, seconds(0), "newest");
    add(kDenyStream, -minutes(45), "just in time");
    add(kAllowStream, -hours(5), "of another stream");
    flush_and_run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("just in time", "newest"));
    EXPECT_THAT(loki_.lines(kAllow), ElementsAre("of another stream"));
}

TEST_F(LokiExporterLateTest, KeepsABatchWithinTheWindowSoThatARetryIsNotTooFarBehindItself) {
    start();
    add(kDenyStream, -hours(3), "first");
    add(kDenyStream, -minutes(136), "soon after");
    add(kDenyStream, -minutes(134), "over the span");
    add(kDenyStream, seconds(0), "last");
    flush_and_run();
    ASSERT_THAT(loki_.pushes(), SizeIs(3));
    EXPECT_THAT(loki_.pushes()[0].lines(), ElementsAre("first", "soon after"));
    EXPECT_THAT(loki_.pushes()[1].lines(), ElementsAre("over the span"));
    EXPECT_THAT(loki_.pushes()[2].lines(), ElementsAre("last"));
    expect_all_settled();
}

TEST_F(LokiExporterLateTest, MakesTheVerdictDurableBeforeItSends) {
    open_spool();
    start();
    loki_.set_rule([this](const SeenPush& push) {
        EXPECT_EQ(spool_->segments(), push.stream == kDeny ? 0U : 1U);
        return loki_.store(push);
    });
    add(kDenyStream, seconds(0), "newest");
    flush_and_run();
    add(kDenyStream, -hours(2), "late");
    flush_and_run();
    EXPECT_THAT(loki_.lines(late_stream(-hours(2))), ElementsAre("late"));
    EXPECT_EQ(spool_->segments(), 0U);
    expect_all_settled();
}

TEST_F(LokiExporterLateTest, SendsLateEntriesDirectlyWhereThereIsNoSpool) {
    start();
    add(kDenyStream, seconds(0), "newest");
    add(kDenyStream, -hours(2), "late");
    flush_and_run();
    EXPECT_THAT(loki_.lines(late_stream(-hours(2))), ElementsAre("late"));
    expect_all_settled();
}

TEST_F(LokiExporterLateTest, AFullSpoolDelaysLateEntriesButNeverForEver) {
    open_spool(4'096 + 200);
    start();
    add(kDenyStream, seconds(0), "newest");
    for (int i = 0; i < 5; ++i) {
        add(kDenyStream, -hours(2) + seconds(i), "late " + std::to_string(i));
        exporter_->flush();
    }
    EXPECT_LT(spool_->segments(), 5U);
    run_for(minutes(10));
    EXPECT_THAT(sent_lines(late_stream(-hours(2))),
                ElementsAre("late 0", "late 1", "late 2", "late 3", "late 4"));
    EXPECT_EQ(spool_->segments(), 0U);
    expect_all_settled();
}

TEST_F(LokiExporterLateTest, LateEntriesWaitWhileOthersFillTheSpool) {
    open_spool(4'096 + 150);
    start();
    loki_.set_rule([this](const SeenPush& push) {
        return push.stream == kAllow ? test_support::answered(403) : loki_.store(push);
    });
    add(kAllowStream, seconds(0), "held");
    exporter_->flush();
    run_for(minutes(1));
    ASSERT_EQ(spool_->segments(), 1U);
    add(kDenyStream, seconds(0), "newest");
    add(kDenyStream, -hours(2), "late");
    exporter_->flush();
    run_for(minutes(1));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("newest"));
    EXPECT_THAT(loki_.lines(late_stream(-hours(2))), IsEmpty());
    loki_.set_rule(nullptr);
    run_for(minutes(2));
    EXPECT_THAT(loki_.lines(late_stream(-hours(2))), ElementsAre("late"));
    expect_all_settled();
}

TEST_F(LokiExporterLateTest, AForgedInstantFarAheadMakesNoOtherLate) {
    start();
    add(kDenyStream, hours(24 * 365 * 100), "forged");
    add(kDenyStream, seconds(0), "true");
    add(kDenyStream, -minutes(30), "true and older");
    flush_and_run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("true and older", "true"));
    EXPECT_THAT(loki_.lines(late_stream(hours(24 * 365 * 100))), ElementsAre("forged"))
        << "in no batch with others";
    EXPECT_THAT(exporter_->high_water(), ElementsAre(std::pair(kDeny, at(seconds(0)))));
}

TEST_F(LokiExporterLateTest, ForgedStampsMakeOnlySoManyStreams) {
    settings_.most_late_streams = 10;
    start();
    add(kDenyStream, seconds(0), "newest");
    for (int hour = 0; hour < 1000; ++hour) {
        add(kDenyStream, -hours(1000 - hour), "late " + std::to_string(hour));
    }
    flush_and_run();
    EXPECT_THAT(loki_.all_lines(), SizeIs(1001));
    EXPECT_EQ(events_.folded, 990);
    EXPECT_THAT(loki_.lines(R"({decision="deny", job="boundary", late="other"})"), SizeIs(990));
    EXPECT_EQ(exporter_->distinct_streams(), 2U + 10U + 1U);
    expect_all_settled();
}

TEST_F(LokiExporterLateTest, WhatIsALittleTooNewIsTakenOnceItsTimeHasCome) {
    open_spool();
    open_dead_letters();
    start();
    loki_.set_rule([this](const SeenPush& push) {
        for (const auto& entry : push.entries) {
            if (entry.timestamp_ns > clock_.wall_ns() + minutes(10) / std::chrono::nanoseconds(1)) {
                return test_support::answered(400, "entry for stream '{}' has timestamp too new");
            }
        }
        return loki_.store(push);
    });
    add(kDenyStream, minutes(50), "a clock that is set wrong");
    add(kDenyStream, hours(2), "forged");
    add(kDenyStream, seconds(0), "true");
    run_for(minutes(5));
    EXPECT_THAT(loki_.all_lines(), ElementsAre("true"));
    EXPECT_THAT(events_.rejected, ElementsAre("too_far_in_future"));
    add(kDenyStream, minutes(5), "after it");
    run_for(minutes(40));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("true", "after it"));
    EXPECT_THAT(loki_.lines(late_stream(minutes(50))), ElementsAre("a clock that is set wrong"));
    EXPECT_THAT(events_.rejected, SizeIs(1));
    expect_all_settled();
}

TEST_F(LokiExporterLateTest, WhatAWrongClockHasStampedWaitsUntilItsTimeWhateverTheClockIsBy) {
    open_spool();
    open_dead_letters();
    const std::int64_t right_ns = at(seconds(0));
    std::int64_t lokis_ns = right_ns;
    loki_.set_rule([&](const SeenPush& push) {
        for (const auto& entry : push.entries) {
            if (entry.timestamp_ns > lokis_ns + kFurthestAheadNs) {
                auto refused = test_support::answered(400, "entry has timestamp too new");
                refused.server_time = lokis_ns / base::kNanosPerSecond;
                return refused;
            }
        }
        return loki_.store(push);
    });
    clock_.set_wall_ns(at(hours(72)));
    start();
    add(kDenyStream, hours(72), "by the wrong clock");
    flush_and_run();
    run_for(minutes(10));
    EXPECT_THAT(loki_.all_lines(), IsEmpty());

    // The clock is set, and the daemon goes on; then it is started anew.
    clock_.set_wall_ns(right_ns);
    add(kDenyStream, seconds(1), "by the right clock");
    run_for(minutes(10));
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("by the right clock")) << "late beside nothing";
    EXPECT_THAT(events_.rejected, IsEmpty());
    for (const auto& segment : fs::directory_iterator(spool_path())) {
        fs::last_write_time(segment, fs::file_time_type::clock::from_sys(
                                         std::chrono::sys_time<std::chrono::nanoseconds>(
                                             std::chrono::nanoseconds(at(hours(72))))));
    }
    restart();
    run_for(minutes(10));
    EXPECT_THAT(events_.rejected, IsEmpty());
    lokis_ns = at(hours(72));
    clock_.set_wall_ns(lokis_ns);
    run_for(minutes(10));
    EXPECT_THAT(loki_.all_lines(),
                testing::UnorderedElementsAre("by the wrong clock", "by the right clock"));
    EXPECT_THAT(events_.rejected, IsEmpty());
}

TEST_F(LokiExporterLateTest, TheExtremesOfTimeDoNoHarm) {
    constexpr auto kLowest = std::numeric_limits<std::int64_t>::min();
    constexpr auto kHighest = std::numeric_limits<std::int64_t>::max();
    start({.predecessor = Predecessor::MayHaveSent});
    add(kDenyStream, kLowest, "lowest");
    add(kDenyStream, kLowest + 1, "next to lowest");
    add(kDenyStream, kHighest, "highest");
    add(kDenyStream, seconds(0), "now");
    add(kDenyStream, kLowest, "lowest, late");
    flush_and_run();
    EXPECT_THAT(loki_.lines(kDeny), ElementsAre("lowest", "next to lowest", "now"));
    EXPECT_THAT(loki_.all_lines(), SizeIs(5));
    EXPECT_EQ(exporter_->high_water().at(kDeny), at(seconds(0)));
    expect_all_settled();
}

TEST_F(LokiExporterLateTest, GathersTheLateEntriesOfOneHourInOneStream) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "newest");
    add(kDenyStream, -hours(2), "late");
    add(kDenyStream, -hours(2) + seconds(1), "late, too");
    add(kDenyStream, -hours(3), "of another hour");
    flush_and_run();
    EXPECT_THAT(loki_.lines(late_stream(-hours(2))), ElementsAre("late", "late, too"));
    EXPECT_THAT(loki_.lines(late_stream(-hours(3))), ElementsAre("of another hour"));
    EXPECT_THAT(loki_.rows(), SizeIs(3));
}

TEST_F(LokiExporterLateTest, JudgesTheSameAfterARestart) {
    open_spool();
    start();
    add(kDenyStream, seconds(0), "newest");
    add(kDenyStream, -hours(2), "late");
    flush_and_run();
    const auto marks = exporter_->high_water();
    EXPECT_THAT(marks, ElementsAre(std::pair(kDeny, at(seconds(0)))))
        << "a late stream needs no mark: its hour is in its name";

    restart();
    EXPECT_THAT(exporter_->high_water(), IsEmpty());
    restart({.high_water = marks});
    EXPECT_EQ(exporter_->high_water(), marks);
    add(kDenyStream, -minutes(50), "late after the restart");
    flush_and_run();
    EXPECT_THAT(loki_.lines(late_stream(-minutes(50))),
                testing::Contains("late after the restart"));
    EXPECT_EQ(exporter_->high_water(), marks);
}

TEST_F(LokiExporterLateTest, WhatAKilledProcessMayHaveSentInTimeIsNotStoredAsLateToo) {
    open_spool();
    open_dead_letters();
    start();
    loki_.answer_queries(test_support::answered(403));
    add(kDenyStream, -hours(2), "sent in time");
    flush_and_run();
    be_overtaken();

    restart({.high_water = {{kDeny, at(seconds(0))}}, .predecessor = Resume::Predecessor::Killed});
    add(kDenyStream, -hours(2), "sent in time");
    exporter_->flush();
    run_for(minutes(2));
    EXPECT_THAT(loki_.all_lines(), ElementsAre("sent in time"));
    EXPECT_EQ(dead_letters_count(), 1U) << "in doubt, for Loki may not be asked";
    expect_all_settled();
}

TEST_F(LokiExporterLateTest, WhatAKilledProcessHasNotSentIsStoredAsLate) {
    open_spool();
    start({.high_water = {{kDeny, at(seconds(0))}}, .predecessor = Resume::Predecessor::Killed});
    add(kDenyStream, -minutes(85), "late");
    add(kDenyStream, -minutes(50), "late, too");
    add(kDenyStream, -minutes(41), "on time");
    exporter_->flush();
    run_for(minutes(2));
    EXPECT_THAT(sent_lines(late_stream(-minutes(85))), ElementsAre("late", "late, too"));
    EXPECT_THAT(sent_lines(kDeny), ElementsAre("on time")) << "Loki is not made to refuse it";
    expect_all_settled();
}

TEST_F(LokiExporterLateTest, WhatIsSpooledAndTurnsOutToBeLateIsNeverInMemoryAlone) {
    open_spool();
    start();
    add(kDenyStream, -hours(2), "a");
    add(kDenyStream, -hours(2) + seconds(1), "b");
    add(kDenyStream, -minutes(61), "of another hour");
    exporter_->spool_all();
    EXPECT_THAT(settled(), SizeIs(3)) << "their lines will not be read again";
    be_overtaken();
    for (int work = 0; work < 20; ++work) {
        work_once();
        restart();  // as after a kill at any moment
    }
    run_for(minutes(1));
    EXPECT_THAT(loki_.lines(late_stream(-hours(2))), ElementsAre("a", "b"));
    EXPECT_THAT(loki_.lines(late_stream(-minutes(61))), ElementsAre("of another hour"));
    EXPECT_EQ(spool_->segments(), 0U);
}

TEST_F(LokiExporterLateTest, WhatIsSpooledAndTurnsOutToBeLateStaysWhereTheDiskDoesNotTakeIt) {
    open_spool();
    start();
    add(kDenyStream, -hours(2), "a");
    exporter_->spool_all();
    be_overtaken();
    {
        const test_support::FileSizeLimit full(0);
        run_for(minutes(2));
        EXPECT_FALSE(events_.disk_troubles.empty());
        EXPECT_EQ(spool_->segments(), 1U);
        EXPECT_THAT(loki_.all_lines(), IsEmpty());
        EXPECT_LT(loki_.pushes().size(), 100U) << "it does not hammer the server meanwhile";
    }
    run_for(minutes(2));
    EXPECT_THAT(loki_.all_lines(), ElementsAre("a"));
    EXPECT_EQ(spool_->segments(), 0U);
    EXPECT_TRUE(exporter_->idle());
}

TEST_F(LokiExporterLateTest, AMarkIsNoNewerThanTheOldestUnsettledEntryAllows) {
    start();
    loki_.set_rule([this](const SeenPush& push) {
        return push.stream == kAllow ? test_support::answered(403) : loki_.store(push);
    });
    add(kAllowStream, -hours(3), "held");
    add(kDenyStream, -hours(3), "stored");
    flush_and_run();
    add(kDenyStream, seconds(0), "stored, and much newer");
    flush_and_run();
    // Read again after a crash, "held" must not look late.
    EXPECT_LE(exporter_->high_water().at(kDeny), at(-hours(3)) + settings_.late_after.count());
    loki_.set_rule(nullptr);
    run_for(minutes(1));
    EXPECT_EQ(exporter_->high_water().at(kDeny), at(seconds(0)));
}

TEST_F(LokiExporterLateTest, KeepsTheMarksOfStreamsThatAreNotFedNow) {
    const std::map<std::string, std::int64_t> marks = {
        {R"({job="boundary", owner="a \"b\""})", at(seconds(5))}};
    start({.high_water = marks});
    EXPECT_EQ(exporter_->high_water(), marks);
}

TEST_F(LokiExporterLateTest, AnOlderMarkDoesNotHoldAStreamBack) {
    start({.high_water = {{kDeny, at(seconds(5))}}});
    add(kDenyStream, seconds(10), "a");
    flush_and_run();
    EXPECT_EQ(exporter_->high_water().at(kDeny), at(seconds(10)));
}

}  // namespace
}  // namespace exporter
