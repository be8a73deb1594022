// SPDX-License-Identifier: MIT
#include "bridge/daemon/state_folder.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/file_size_limit.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::uint64_t kRoomy = 1U << 30U;

class StateFolderTest : public testing::Test {
protected:
    [[nodiscard]] std::string path() const { return folder_.file("deep/state"); }
    [[nodiscard]] StateFolder open() const {
        auto state = StateFolder::open(path(), kRoomy);
        EXPECT_TRUE(state.has_value()) << state.error().message;
        return std::move(*state);
    }
    [[nodiscard]] unsigned mode_of(const std::string& name) const {
        struct stat info {};
        EXPECT_EQ(::stat((path() + name).c_str(), &info), 0) << name;
        return info.st_mode & 0777U;
    }

    test_support::TempDir folder_;
};

TEST_F(StateFolderTest, MakesWhatItNeedsAndKeepsItPrivate) {
    StateFolder state = open();
    ASSERT_TRUE(state.save_checkpoint({}).has_value());
    EXPECT_EQ(mode_of(""), 0700U);
    EXPECT_EQ(mode_of("/spool"), 0700U);
    EXPECT_EQ(mode_of("/dead-letter"), 0700U);
    EXPECT_EQ(mode_of("/lock"), 0600U);
    EXPECT_EQ(mode_of("/checkpoint"), 0600U);
    EXPECT_EQ(mode_of("/dead-letter/rejected.ndjson"), 0600U);
}

TEST_F(StateFolderTest, LoadsTheCheckpointThatWasSaved) {
    Checkpoint checkpoint;
    checkpoint.high_water = {{"{}", 5}};
    checkpoint.clean = true;
    {
        StateFolder state = open();
        const auto none = state.load_checkpoint();
        ASSERT_TRUE(none.has_value());
        EXPECT_FALSE(none->has_value()) << "the first start of all";
        ASSERT_TRUE(state.save_checkpoint(checkpoint).has_value());
    }
    const auto loaded = open().load_checkpoint();
    ASSERT_TRUE(loaded && *loaded);
    EXPECT_EQ((*loaded)->high_water, checkpoint.high_water);
    EXPECT_TRUE((*loaded)->clean);
}

TEST_F(StateFolderTest, ADamagedCheckpointIsAnErrorAndDoesNotKeepItFromOpening) {
    {
        StateFolder state = open();
        ASSERT_TRUE(state.save_checkpoint({}).has_value());
    }
    fs::resize_file(path() + "/checkpoint", 20);
    StateFolder state = open();
    const auto loaded = state.load_checkpoint();
    ASSERT_FALSE(loaded.has_value());
    EXPECT_THAT(loaded.error().message, HasSubstr("damaged"));
    EXPECT_TRUE(state.save_checkpoint({}).has_value());
    EXPECT_TRUE(state.load_checkpoint().has_value());
}

TEST_F(StateFolderTest, ACheckpointThatCannotBeReadIsAnError) {
    StateFolder state = open();
    fs::create_directory(path() + "/checkpoint");
    EXPECT_FALSE(state.load_checkpoint().has_value());
    EXPECT_FALSE(state.save_checkpoint({}).has_value());
}

TEST_F(StateFolderTest, BelongsToOneProcessAtATime) {
    {
        const StateFolder first = open();
        const auto second = StateFolder::open(path(), kRoomy);
        ASSERT_FALSE(second.has_value());
        EXPECT_THAT(second.error().message, HasSubstr(path()));
        EXPECT_THAT(second.error().message, HasSubstr("--state-dir"));
    }
    static_cast<void>(open());
}

TEST_F(StateFolderTest, SaysWhatStandsInItsWay) {
    folder_.append("deep", "a file");
    const auto state = StateFolder::open(path(), kRoomy);
    ASSERT_FALSE(state.has_value());
    EXPECT_THAT(state.error().message, HasSubstr(folder_.file("deep")));

    for (const char* name : {"/spool", "/dead-letter"}) {
        const test_support::TempDir other;
        other.append(std::string_view(name).substr(1), "a file");
        const auto blocked = StateFolder::open(other.path(), kRoomy);
        ASSERT_FALSE(blocked.has_value()) << name;
        EXPECT_THAT(blocked.error().message, HasSubstr(other.path() + name));
    }
}

TEST_F(StateFolderTest, FollowsNoLinkInPlaceOfItsLock) {
    fs::create_directories(path());
    fs::create_symlink(folder_.append("target", ""), path() + "/lock");
    EXPECT_FALSE(StateFolder::open(path(), kRoomy).has_value());
}

TEST_F(StateFolderTest, AFullDiskLeavesTheOldCheckpointAsItWas) {
    StateFolder state = open();
    Checkpoint checkpoint;
    checkpoint.high_water = {{"{}", 5}};
    ASSERT_TRUE(state.save_checkpoint(checkpoint).has_value());
    {
        const test_support::FileSizeLimit full(10);
        EXPECT_FALSE(state.save_checkpoint({}).has_value());
    }
    const auto loaded = state.load_checkpoint();
    ASSERT_TRUE(loaded && *loaded);
    EXPECT_EQ((*loaded)->high_water, checkpoint.high_water);
}

}  // namespace
}  // namespace bridge
