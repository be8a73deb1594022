// SPDX-License-Identifier: MIT
#include "bridge/process/folder_claim.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(FolderClaimTest, TellsEachOfTwoOfTheOther) {
    const test_support::TempDir folder;
    FolderClaim first(folder.path());
    EXPECT_THAT(first.renew(), IsEmpty());
    EXPECT_THAT(followers_of(folder.path()), ElementsAre(::getpid()));
    {
        FolderClaim second(folder.path());
        EXPECT_THAT(second.renew(), ElementsAre(::getpid()));
        EXPECT_THAT(first.renew(), ElementsAre(::getpid()));
        EXPECT_THAT(followers_of(folder.path()), ElementsAre(::getpid(), ::getpid()));
        FolderClaim third(folder.path());
        EXPECT_EQ(third.renew().size(), 2U);
    }
    EXPECT_THAT(first.renew(), IsEmpty());
    FolderClaim next(folder.path());
    EXPECT_EQ(next.renew().size(), 1U);
}

TEST(FolderClaimTest, IsOfTheFolderWhateverItsName) {
    const test_support::TempDir folder;
    fs::create_directory(folder.file("a"));
    fs::create_symlink("a", folder.file("b"));
    FolderClaim first(folder.file("a"));
    FolderClaim second(folder.file("b"));
    EXPECT_THAT(first.renew(), IsEmpty());
    EXPECT_EQ(second.renew().size(), 1U);
}

TEST(FolderClaimTest, WaitsForAFolderAndFollowsItsName) {
    const test_support::TempDir folder;
    FolderClaim claim(folder.file("later"));
    EXPECT_THAT(claim.renew(), IsEmpty());
    EXPECT_THAT(followers_of(folder.file("later")), IsEmpty());
    fs::create_directory(folder.file("later"));
    EXPECT_THAT(claim.renew(), IsEmpty());
    EXPECT_EQ(followers_of(folder.file("later")).size(), 1U);
    fs::rename(folder.file("later"), folder.file("old"));
    fs::create_directory(folder.file("later"));
    EXPECT_THAT(claim.renew(), IsEmpty());
    EXPECT_THAT(followers_of(folder.file("old")), IsEmpty());
    EXPECT_EQ(followers_of(folder.file("later")).size(), 1U);
}

TEST(FolderClaimTest, WhoeverLooksLeavesNoTrace) {
    const test_support::TempDir folder;
    FolderClaim claim(folder.path());
    EXPECT_THAT(claim.renew(), IsEmpty());
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(followers_of(folder.path()).size(), 1U) << i;
    }
    EXPECT_THAT(claim.renew(), IsEmpty());
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace bridge
