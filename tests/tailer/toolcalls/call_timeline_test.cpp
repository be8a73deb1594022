// SPDX-License-Identifier: MIT
#include "tailer/toolcalls/call_timeline.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace tailer {
namespace {

struct PlainCall {
    std::int64_t start_ns = 0;
    std::int64_t end_ns = 0;
    std::string id;
};

/// By looking at each.
std::pair<std::string, bool> plain_open_at(const std::vector<PlainCall>& calls,
                                           std::int64_t begun_by_ns, std::int64_t open_ns) {
    const PlainCall* latest = nullptr;
    int open = 0;
    for (const PlainCall& call : calls) {
        if (call.start_ns <= begun_by_ns && call.end_ns >= open_ns) {
            ++open;
            if (latest == nullptr ||
                std::tie(latest->start_ns, latest->id) < std::tie(call.start_ns, call.id)) {
                latest = &call;
            }
        }
    }
    return {latest != nullptr ? latest->id : "", open > 1};
}

TEST(CallTimelineTest, SaysWhatALookAtEachCallSays) {
    std::mt19937_64 random(7);
    std::vector<PlainCall> calls;
    calls.reserve(2'000);
    CallTimeline timeline;
    const auto draw = [&random](std::int64_t below) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
    };
    std::vector<std::string> ids;
    ids.reserve(2'000);
    for (int i = 0; i < 2'000; ++i) {
        ids.push_back(std::to_string(i));
    }
    for (const std::string& id : ids) {
        const std::int64_t start_ns = draw(500);
        calls.push_back({start_ns, start_ns + draw(draw(10) == 0 ? 500 : 5), id});
        timeline.insert({start_ns, calls.back().end_ns, id}, random());
        if (draw(3) == 0) {
            const auto gone = calls.begin() + draw(static_cast<std::int64_t>(calls.size()));
            timeline.erase(gone->start_ns, gone->id);
            calls.erase(gone);
        }
        const std::int64_t at = draw(600);
        const auto open = timeline.open_at(at + 1, at);
        const auto [latest, several] = plain_open_at(calls, at + 1, at);
        ASSERT_EQ(open.latest != nullptr ? open.latest->id : "", latest);
        ASSERT_EQ(open.several, several);
    }
}

TEST(CallTimelineTest, WhatIsNotThereIsErasedWithoutHarm) {
    CallTimeline timeline;
    timeline.erase(1, "a");
    EXPECT_EQ(timeline.open_at(10, 0).latest, nullptr);
    timeline.insert({5, 9, "b"}, 1);
    timeline.erase(5, "a");
    timeline.erase(4, "b");
    timeline.erase(6, "b");
    ASSERT_NE(timeline.open_at(10, 0).latest, nullptr);
    EXPECT_EQ(timeline.open_at(10, 0).latest->id, "b");
    timeline.erase(5, "b");
    EXPECT_EQ(timeline.open_at(10, 0).latest, nullptr);
}

}  // namespace
}  // namespace tailer
