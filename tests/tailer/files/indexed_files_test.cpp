// SPDX-License-Identifier: MIT
#include "tailer/files/indexed_files.h"

#include <utility>

#include <gtest/gtest.h>

namespace tailer {
namespace {

KnownFile file_of(const char* name, std::uint64_t inode, bool unseen = false) {
    KnownFile file;
    file.name = CompactName(name);
    file.identity = {inode, 1};
    file.unseen = unseen;
    return file;
}

bool any(const KnownFile& /*file*/) { return true; }

TEST(IndexedFilesTest, OfTwoWithOneNameOrInodeTheLastCounts) {
    IndexedFiles files;
    const FileId first = files.add(file_of("a", 1));
    const FileId second = files.add(file_of("a", 2));
    const FileId third = files.add(file_of("b", 1));
    EXPECT_EQ(files.find_name(0, CompactName("a")), second);
    EXPECT_EQ(files.find_inode(0, 1), third);
    EXPECT_EQ(files.find_name(1, CompactName("a")), 0U) << "another folder";
    EXPECT_EQ(files.find_inode(1, 1), 0U);
    files.erase(first);
    EXPECT_EQ(files.find_name(0, CompactName("a")), second);
    files.rename(second, CompactName("b"));
    EXPECT_EQ(files.find_name(0, CompactName("a")), 0U);
    EXPECT_EQ(files.find_name(0, CompactName("b")), second);
    EXPECT_EQ(files.size(), 2U);
}

TEST(IndexedFilesTest, TheUnseenAreFoundApart) {
    IndexedFiles files;
    const FileId seen = files.add(file_of("a", 1));
    const FileId told = files.add(file_of("a", 1, true));
    const FileId other = files.add(file_of("a", 2, true));
    EXPECT_EQ(files.find_name(0, CompactName("a")), seen);
    EXPECT_EQ(files.find_inode(0, 1), seen);
    EXPECT_EQ(files.find_inode(0, 2), 0U);
    EXPECT_EQ(files.find_unseen_inode(0, 1), told);
    EXPECT_EQ(files.find_unseen_inode(0, 2), other);
    for (const FileId wanted : {told, other}) {
        const auto fits = [&](const KnownFile& file) { return &file == files.find(wanted); };
        EXPECT_EQ(files.find_unseen_name(0, CompactName("a"), fits), wanted);
    }
    const FileId again = files.add(file_of("b", 1, true));
    EXPECT_EQ(files.find_unseen_inode(0, 1), again) << "of two with one inode the last";
}

TEST(IndexedFilesTest, WhatTakesThePlaceOfAnUnseenOneIsSeen) {
    IndexedFiles files;
    static_cast<void>(files.add(file_of("a", 1)));
    const FileId told = files.add(file_of("b", 1, true));
    files.replace(told, file_of("a", 1));
    EXPECT_EQ(files.find_name(0, CompactName("a")), told) << "of two with one name the last";
    EXPECT_EQ(files.find_inode(0, 1), told);
    EXPECT_EQ(files.find_unseen_inode(0, 1), 0U);
    EXPECT_EQ(files.find_unseen_name(0, CompactName("b"), any), 0U);
    files.erase(told);
    EXPECT_EQ(files.find_name(0, CompactName("a")), 0U);
    EXPECT_EQ(files.find_inode(0, 1), 0U);
}

TEST(IndexedFilesTest, WhatIsSeenAsItWasToldOfIsTheLastOfItsNameAndInode) {
    for (const char* other_name : {"a", "b"}) {
        for (const std::uint64_t other_inode : {1U, 2U}) {
            IndexedFiles files;
            static_cast<void>(files.add(file_of(other_name, other_inode)));
            const FileId told = files.add(file_of("a", 1, true));
            files.replace(told, file_of("a", 1));
            EXPECT_EQ(files.find_name(0, CompactName("a")), told);
            EXPECT_EQ(files.find_inode(0, 1), told);
            EXPECT_EQ(files.find_unseen_inode(0, 1), 0U);
        }
    }
}

}  // namespace
}  // namespace tailer
