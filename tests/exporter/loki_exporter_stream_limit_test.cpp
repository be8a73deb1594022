// SPDX-License-Identifier: MIT
#include <set>
#include <utility>

#include "tests/exporter/exporter_fixture.h"

namespace exporter {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test_support::answered;
using test_support::SeenPush;
using testing::AllOf;
using testing::Contains;
using testing::Gt;
using testing::Lt;
using testing::SizeIs;

/// A tenant that Loki keeps so many streams of, and no more.
class StreamLimitTest : public ExporterTest {
protected:
    static constexpr std::size_t kTools = 12;

    /// A stream for each tool; how many of them the tenant has room for.
    void start_tools(std::size_t room) {
        start();
        for (std::size_t i = 0; i < kTools; ++i) {
            exporter_->add_stream({{"job", "boundary"}, {"tool", "t" + std::to_string(i)}});
        }
        room_ = room;
        loki_.set_rule([this](const SeenPush& push) {
            if (!taken_.contains(push.stream) && taken_.size() >= room_) {
                ++refused_;
                return answered(
                    429, "maximum active stream limit exceeded when trying to create stream");
            }
            taken_.insert(push.stream);
            return loki_.store(push);
        });
    }
    void add_to_all(std::size_t first = 0) {
        for (std::size_t i = first; i < kTools; ++i) {
            add(2 + i, seconds(0), "x" + std::to_string(added_));
        }
        exporter_->flush();
    }

    std::size_t room_ = 0;
    std::set<std::string> taken_;
    int refused_ = 0;
};

TEST_F(StreamLimitTest, OneStreamTriesForAll) {
    start_tools(2);
    add_to_all();
    run_for(minutes(10));
    EXPECT_THAT(loki_.all_lines(), SizeIs(2));
    EXPECT_THAT(refused_, AllOf(Gt(30), Lt(130))) << "each for itself would ask some 400 times";
    room_ = kTools;
    run_for(seconds(31));
    EXPECT_THAT(loki_.all_lines(), SizeIs(kTools)) << "where one is taken, the others follow";
    expect_all_settled();
}

TEST_F(StreamLimitTest, WhatHasAStreamGoesOn) {
    start_tools(1);
    add_to_all();
    run_for(minutes(5));
    add(2, seconds(1), "of the stream that is there");
    flush_and_run();
    EXPECT_THAT(loki_.all_lines(), Contains("of the stream that is there"));
}

TEST_F(StreamLimitTest, WhatThereIsRoomForDoesNotWaitBehindAllOthers) {
    start();
    for (std::size_t i = 0; i < 100; ++i) {
        exporter_->add_stream({{"job", "boundary"}, {"tool", "t" + std::to_string(i)}});
        add(2 + i, seconds(0), "x");
    }
    bool room = false;
    loki_.set_rule([&](const SeenPush& push) {
        return room && push.stream == R"({job="boundary", tool="t42"})"
                   ? loki_.store(push)
                   : answered(429, "maximum active stream limit exceeded");
    });
    exporter_->flush();
    run_for(minutes(30));
    room = true;
    run_for(minutes(5));
    EXPECT_THAT(loki_.all_lines(), SizeIs(1)) << "where each ingester has a limit of its own";
}

TEST_F(StreamLimitTest, IsNotReadFromTheLabels) {
    start();
    exporter_->add_stream({{"job", "boundary"}, {"note", "active stream limit exceeded"}});
    bool first = true;
    loki_.set_rule([&](const SeenPush& push) {
        if (!std::exchange(first, false)) {
            return loki_.store(push);
        }
        loki_.store(push.stream, push.entries.front());
        return answered(429,
                        "Per stream rate limit exceeded (limit: 3MB/sec) while attempting to "
                        "ingest for stream '" +
                            push.stream + "'");
    });
    add(2, seconds(0), "a");
    add(2, seconds(1), "b");
    exporter_->flush();
    run_for(minutes(2));
    EXPECT_THAT(loki_.all_lines(), SizeIs(2));
    expect_every_row_once();
}

TEST_F(StreamLimitTest, CutsNoBatchForIt) {
    start_tools(0);
    const auto lines = add_many(2, 100, 1'000);
    exporter_->flush();
    run_for(minutes(10));
    room_ = 1;
    run_for(minutes(1));
    EXPECT_THAT(loki_.pushes().back().entries, SizeIs(100));
}

TEST_F(StreamLimitTest, SpoolsWhatAnotherTriesFor) {
    open_spool();
    start_tools(0);
    add_to_all();
    run_for(minutes(1));
    EXPECT_EQ(exporter_->in_flight_bytes(), 0U);
    EXPECT_EQ(settled().size(), kTools);
    room_ = kTools;
    run_for(minutes(1));
    EXPECT_THAT(loki_.all_lines(), SizeIs(kTools));
    EXPECT_EQ(loki_.queries(), 0U) << "nothing that was refused for this is stored";
}

}  // namespace
}  // namespace exporter
