// SPDX-License-Identifier: MIT
#include "exporter/loki/rejection.h"

#include <gtest/gtest.h>

#include "base/rfc3339.h"

namespace exporter {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Ten entries, a second apart from 12:00:00.5 on.
SealedBatch ten_entries() {
    const std::int64_t first = *base::parse_rfc3339("2026-06-09T12:00:00.5Z");
    Batch batch;
    for (std::int64_t i = 0; i < 10; ++i) {
        batch.add({first + i * kSecond, "x", {}, {}});
    }
    return batch.seal();
}

struct RefusalCase {
    const char* says;
    const char* reason;
    const char* body;
    std::size_t for_good;
    std::size_t behind;
};

const RefusalCase kCases[] = {
    {"too old, and the limit cuts the batch", "greater_than_max_sample_age",
     "has timestamp too old: x, oldest acceptable timestamp is: 2026-06-09T12:00:05Z", 4, 0},
    {"too old, with more text behind", "greater_than_max_sample_age",
     "2 errors like: oldest acceptable timestamp is: 2026-06-09T12:00:05Z; 1 errors like: y", 4, 0},
    {"too old, told in Loki's own time zone", "greater_than_max_sample_age",
     "oldest acceptable timestamp is: 2026-06-09T14:00:05+02:00\n", 4, 0},
    {"too old, all of it", "greater_than_max_sample_age",
     "oldest acceptable timestamp is: 2026-06-10T00:00:00Z", 10, 0},
    {"too old, by a limit that all keep", "greater_than_max_sample_age",
     "oldest acceptable timestamp is: 2026-06-09T11:00:00Z", 0, 0},
    {"too old, by a limit that is no time", "greater_than_max_sample_age",
     "oldest acceptable timestamp is: tomorrow", 0, 0},
    {"too old, by a limit cut short", "greater_than_max_sample_age",
     "oldest acceptable timestamp is: 2026-06-09T12:00", 0, 0},
    {"too old, by no limit", "greater_than_max_sample_age", "timestamp too old", 0, 0},
    {"too far behind", "too_far_behind",
     "'entry too far behind, entry timestamp is: 2026-06-09T12:00:00Z, oldest acceptable timestamp "
     "is: 2026-06-09T12:00:05Z',",
     0, 5},
    {"too far behind, told in Loki's own time zone", "too_far_behind",
     "'entry too far behind, entry timestamp is: 2026-06-09T05:00:00-07:00, oldest acceptable "
     "timestamp is: 2026-06-09T05:00:05-07:00',",
     0, 5},
    {"too far behind by no limit", "too_far_behind", "entry too far behind", 0, 0},
    {"labels concern all", "invalid_labels", "", 10, 0},
    {"too many labels concern all", "max_label_names_per_series", "", 10, 0},
    {"a label's name concerns all", "label_name_too_long", "", 10, 0},
    {"a label's value concerns all", "label_value_too_long", "", 10, 0},
    {"a long line can be any", "line_too_long", "", 0, 0},
    {"too new can be any", "too_far_in_future", "", 0, 0},
    {"the unknown can be any", "other", "", 0, 0},
};

TEST(RejectionTest, TellsWhichEntriesA400SinglesOut) {
    for (const auto& test : kCases) {
        const Refused refused = refused_entries(ten_entries(), test.reason, test.body);
        EXPECT_EQ(refused.for_good, test.for_good) << test.says;
        EXPECT_EQ(refused.behind, test.behind) << test.says;
    }
}

TEST(RejectionTest, ASingleEntryIsTheCulprit) {
    for (const auto& test : kCases) {
        const Refused refused = refused_entries(ten_entries().part(9, 10), test.reason, test.body);
        const bool behind = std::string_view(test.reason) == "too_far_behind";
        EXPECT_EQ(refused.for_good, behind ? 0U : 1U) << test.says;
        EXPECT_EQ(refused.behind, behind ? 1U : 0U) << test.says;
    }
}

}  // namespace
}  // namespace exporter
