// SPDX-License-Identifier: MIT
#include "tailer/files/compact_name.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailer {
namespace {

const std::vector<std::string> kDistinct = {
    "boundary-2026-06-09_12-00-00-1.log",
    "boundary-2026-06-09_12-00-00-1.log.gz",
    "boundary-2026-06-09_12-00-00-1.log.zst",
    "boundary-2026-06-09_12-00-00-01.log",
    "boundary-2026-06-09_12-00-00-0.log",
    "boundary-2026-06-09_12-00-00-0000000000.log",
    "boundary-2026-06-09_12-00-00-9999999999.log",
    "boundary-2026-06-09_12-00-00-4294967295.log",
    "boundary-2026-06-09_12-00-00-4294967296.log",
    "boundary-2026-06-09_12-00-01-1.log",
    "boundary-0000-00-00_00-00-00-0.log",
    "boundary-9999-99-99_99-99-99-9999999999.log.zst",
    // None of Boundary's own.
    "",
    ".log",
    "boundary-2026-06-09_12-00-00-12345678901.log",
    "boundary-2026-06-09_12-00-00-1.log.gz.gz",
    "boundary-2026-06-09_12-00-00-1.txt",
    "boundary-2026-06-09_12-00-00-1",
    "boundary-2026-06-09_12-00-00-.log",
    "boundary-2026-06-09_12-00-00-1\n.log",
    "b\xff\xfe.log",
    std::string(255, 'x'),
};

TEST(CompactNameTest, GivesBackWhatItWasMadeOf) {
    for (const auto& name : kDistinct) {
        EXPECT_EQ(CompactName(name).text(), name);
    }
    EXPECT_EQ(CompactName().text(), "");
}

TEST(CompactNameTest, IsEqualToTheSameNameAlone) {
    for (const auto& a : kDistinct) {
        for (const auto& b : kDistinct) {
            EXPECT_EQ(CompactName(a) == b, a == b) << a << " and " << b;
        }
        EXPECT_EQ(CompactName(a).hash(), CompactName(a).hash());
    }
}

}  // namespace
}  // namespace tailer
