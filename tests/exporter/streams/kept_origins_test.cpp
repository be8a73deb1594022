// SPDX-License-Identifier: MIT
#include "exporter/streams/kept_origins.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace exporter {
namespace {

using base::LabelView;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::uint64_t> all(const KeptOrigins& origins) {
    std::vector<std::uint64_t> list;
    origins.for_each([&list](std::uint64_t origin) { list.push_back(origin); });
    return list;
}

std::vector<std::uint64_t> unsaved(const KeptOrigins& origins) {
    std::vector<std::uint64_t> list;
    origins.for_each_unsaved([&list](std::uint64_t origin) { list.push_back(origin); });
    return list;
}

TEST(KeptOriginsTest, AnOriginIsThatOfTheLineAndNotOfWhatItBecame) {
    const KeptOrigins origins({"tool", "tool_call_id"});
    const std::array<LabelView, 2> plain = {LabelView{"session", "s"}, LabelView{"domain", "d"}};
    const std::array<LabelView, 4> of_call = {LabelView{"tool_call_id", "x"},
                                              LabelView{"domain", "d"}, LabelView{"session", "s"},
                                              LabelView{"tool", "Bash"}};
    const std::array<LabelView, 2> other_session = {LabelView{"session", "t"},
                                                    LabelView{"domain", "d"}};
    const std::array<LabelView, 2> shifted = {LabelView{"session", "sd"}, LabelView{"domain", ""}};
    const std::uint64_t origin = origins.origin_of(1, plain);
    EXPECT_EQ(origins.origin_of(1, of_call), origin);
    EXPECT_NE(origins.origin_of(2, plain), origin);
    EXPECT_NE(origins.origin_of(1, other_session), origin);
    EXPECT_NE(origins.origin_of(1, shifted), origin);
}

TEST(KeptOriginsTest, AnOriginIsTheSameInEveryProcessAndVersion) {
    const std::array<LabelView, 1> metadata = {LabelView{"session", "boundary-1"}};
    EXPECT_EQ(KeptOrigins({}).origin_of(1'780'000'000'000'000'005, metadata), 3924152866445403842U);
}

TEST(KeptOriginsTest, KeepsEachUntilItsLineIsCovered) {
    KeptOrigins origins({});
    origins.keep({1, 10}, 100);
    origins.keep({1, 20}, 200);
    origins.keep({2, 5}, 300);
    EXPECT_THAT(unsaved(origins), ElementsAre(100, 200, 300));
    origins.saved();
    origins.keep({2, 9}, 400);
    EXPECT_THAT(unsaved(origins), ElementsAre(400));
    EXPECT_THAT(all(origins), ElementsAre(100, 200, 300, 400));
    origins.forget_if([](const Ticket& ticket) { return ticket.source == 1; });
    EXPECT_THAT(all(origins), ElementsAre(300, 400));
    EXPECT_FALSE(origins.knows(300)) << "only what an earlier process did is looked for";
}

TEST(KeptOriginsTest, WhatIsInheritedIsKnownAndKeptUntilAllWasReadAgain) {
    KeptOrigins origins({});
    EXPECT_FALSE(origins.knows_any());
    origins.inherit(7);
    origins.inherit(8);
    EXPECT_TRUE(origins.knows(7));
    EXPECT_FALSE(origins.knows(9));
    EXPECT_THAT(all(origins), UnorderedElementsAre(7, 8));
    EXPECT_THAT(unsaved(origins), IsEmpty());
    origins.forget_inherited();
    EXPECT_FALSE(origins.knows_any());
    EXPECT_THAT(all(origins), IsEmpty());
}

}  // namespace
}  // namespace exporter
