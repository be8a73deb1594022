// SPDX-License-Identifier: MIT
#include "tailer/files/told_files.h"

#include <map>
#include <random>
#include <string>
#include <string_view>

#include <gmock/gmock.h>

namespace tailer {
namespace {

using testing::IsEmpty;

FileProgress file(std::uint64_t inode, std::string_view name, std::uint64_t offset) {
    FileProgress progress;
    progress.name = CompactName(name);
    progress.identity.inode = inode;
    progress.offset = offset;
    return progress;
}

TEST(ToldFilesTest, OfEachInodeTheLastThatIsToldCounts) {
    std::mt19937_64 random(7);
    ToldFiles told;
    std::map<std::uint64_t, std::uint64_t> offsets;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const std::uint64_t inode = random() % 3'000;
        if (random() % 3 == 0) {
            told.forget(inode);
            offsets.erase(inode);
        } else {
            told.tell(file(inode, "boundary-" + std::to_string(i) + ".log", i));
            offsets[inode] = i;
        }
    }
    std::map<std::uint64_t, std::uint64_t> left;
    for (const FileProgress& progress : told.take()) {
        EXPECT_EQ(progress.name.text(), "boundary-" + std::to_string(progress.offset) + ".log");
        EXPECT_TRUE(left.emplace(progress.identity.inode, progress.offset).second);
    }
    EXPECT_EQ(left, offsets);
}

TEST(ToldFilesTest, IsEmptyWhenAllWasTaken) {
    ToldFiles told;
    told.tell(file(7, "boundary-1.log", 1));
    EXPECT_EQ(told.take().size(), 1U);
    EXPECT_THAT(told.take(), IsEmpty());
    told.forget(7);
    EXPECT_THAT(told.take(), IsEmpty());
    told.tell(file(7, "boundary-2.log", 2));
    EXPECT_EQ(told.take().front().offset, 2U);
}

}  // namespace
}  // namespace tailer
