// SPDX-License-Identifier: MIT
#include "bridge/daemon/state_folder.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "exporter/loki/push_request.h"
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

/// Spools entries for one target, and looks what another one finds.
class StateFolderTargetTest : public StateFolderTest {
protected:
    StateFolder open_for(const std::string& target) {
        auto state = StateFolder::open(path(), kRoomy, target);
        EXPECT_TRUE(state.has_value()) << state.error().message;
        return std::move(*state);
    }
    static void spool_one(StateFolder& state) {
        std::string entries;
        exporter::append_entry(entries, {5, "line", {}, {}});
        EXPECT_TRUE(state.spool().add(R"({job="boundary"})", entries).has_value());
    }
};

TEST_F(StateFolderTargetTest, WhatWasSpooledForOneIsNeverAnothers) {
    {
        StateFolder first = open_for("http://a.example tenant one");
        spool_one(first);
        spool_one(first);
    }
    {
        StateFolder second = open_for("http://a.example tenant two");
        EXPECT_EQ(second.spool().segments(), 0U);
        ASSERT_EQ(second.waiting_spools().size(), 1U);
        EXPECT_EQ(second.waiting_spools().front().target, "http://a.example tenant one");
        spool_one(second);
    }
    EXPECT_EQ(open_for("http://a.example tenant two").spool().segments(), 1U);
    {
        StateFolder again = open_for("http://a.example tenant one");
        EXPECT_EQ(again.spool().segments(), 2U) << "its own, and none of the other";
        ASSERT_EQ(again.waiting_spools().size(), 1U);
        EXPECT_EQ(again.waiting_spools().front().target, "http://a.example tenant two");
    }
    EXPECT_EQ(open_for("http://a.example tenant one").spool().segments(), 2U);
    EXPECT_EQ(open_for("http://a.example tenant two").spool().segments(), 1U);
}

TEST_F(StateFolderTargetTest, AnOlderVersionsSpoolIsTheFirstTargetsOwn) {
    {
        StateFolder old = open();
        spool_one(old);
    }
    StateFolder state = open_for("http://a.example");
    EXPECT_EQ(state.spool().segments(), 1U);
    EXPECT_TRUE(state.waiting_spools().empty());
}

TEST_F(StateFolderTargetTest, AnEmptySpoolWaitsForNobody) {
    static_cast<void>(open_for("http://a.example"));
    EXPECT_TRUE(open_for("http://b.example").waiting_spools().empty());
    EXPECT_TRUE(open_for("http://a.example").waiting_spools().empty());
}

TEST_F(StateFolderTargetTest, AnEndBetweenItsStepsMixesNothing) {
    {
        StateFolder first = open_for("http://a.example");
        spool_one(first);
    }
    {
        StateFolder second = open_for("http://b.example");
        spool_one(second);
        spool_one(second);
    }
    // As an end right after the name was written leaves it: b's spool is away, a's not back yet.
    const std::string of_a = open_for("http://b.example").waiting_spools().front().folder;
    fs::rename(path() + "/spool", folder_.file("of-b"));
    std::ofstream(path() + "/target") << "http://a.example";
    EXPECT_EQ(open_for("http://a.example").spool().segments(), 1U);
    EXPECT_FALSE(fs::exists(of_a));
}

TEST(SpoolTargetTest, IsTheServerAndTheTenant) {
    exporter::LokiSettings loki;
    loki.url = "https://loki.example/base/";
    EXPECT_EQ(spool_target(loki), "https://loki.example/base");
    loki.tenant = "team";
    EXPECT_EQ(spool_target(loki), "https://loki.example/base tenant team");
    // VictoriaLogs takes nothing without /insert; who mends the address wants the rest delivered.
    loki.url = "http://logs.example:9428/insert/";
    EXPECT_EQ(spool_target(loki), "http://logs.example:9428 tenant team");
}

}  // namespace
}  // namespace bridge
