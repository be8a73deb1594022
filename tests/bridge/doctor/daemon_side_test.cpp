// SPDX-License-Identifier: MIT
#include "bridge/doctor/daemon_side.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/daemon/state_folder.h"
#include "bridge/process/folder_claim.h"
#include "tests/support/fault_server.h"
#include "tests/support/temp_dir.h"

namespace bridge::doctor {
namespace {

using test_support::Fault;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using Lock = DaemonSide::Lock;

class DaemonSideTest : public testing::Test {
protected:
    DaemonSideTest() {
        settings_.state_dir = folder_.file("state");
        settings_.metrics_address.clear();
    }
    [[nodiscard]] DaemonSide look() const { return look_at_daemon(settings_); }

    test_support::TempDir folder_;
    Settings settings_;
};

TEST_F(DaemonSideTest, MakesNoStateFolder) {
    EXPECT_EQ(look().lock, Lock::NoFolder);
    EXPECT_FALSE(std::filesystem::exists(settings_.state_dir));
}

TEST_F(DaemonSideTest, SeesADaemonByItsLockAndTakesNone) {
    {
        const auto daemon = StateFolder::open(settings_.state_dir, 1U << 20U);
        ASSERT_TRUE(daemon);
        EXPECT_EQ(look().lock, Lock::Held);
        EXPECT_EQ(look().lock, Lock::Held) << "to look changes nothing";
    }
    EXPECT_EQ(look().lock, Lock::Free);
    EXPECT_TRUE(StateFolder::open(settings_.state_dir, 1U << 20U));
}

TEST_F(DaemonSideTest, SeesWhoFollowsTheLogFolders) {
    settings_.log_dirs = {folder_.path(), folder_.file("none")};
    EXPECT_THAT(look().followers, IsEmpty());
    FolderClaim first(folder_.path());
    FolderClaim second(folder_.path());
    EXPECT_EQ(first.renew().size() + second.renew().size(), 1U);
    EXPECT_THAT(look().followers, testing::ElementsAre(Pair(folder_.path(), testing::SizeIs(2))));
}

TEST_F(DaemonSideTest, IsHeldUpByNoFifo) {
    ::alarm(60);
    std::filesystem::create_directories(settings_.state_dir + "/dead-letter");
    ASSERT_EQ(::mkfifo((settings_.state_dir + "/lock").c_str(), 0600), 0);
    ASSERT_EQ(::mkfifo((settings_.state_dir + "/dead-letter/rejected.ndjson").c_str(), 0600), 0);
    EXPECT_THAT(look().refused, IsEmpty());
    ::alarm(0);
}

TEST_F(DaemonSideTest, DoesNotFollowALockThatIsALink) {
    std::filesystem::create_directory(settings_.state_dir);
    std::filesystem::create_symlink(folder_.append("other", ""), settings_.state_dir + "/lock");
    EXPECT_EQ(look().lock, Lock::Hidden);
    EXPECT_THAT(look().lock_trouble, HasSubstr("/lock"));
}

TEST_F(DaemonSideTest, CountsTheSpoolAndWhatLokiRefused) {
    std::filesystem::create_directories(settings_.state_dir + "/spool");
    std::filesystem::create_directories(settings_.state_dir + "/dead-letter");
    folder_.append("state/spool/00000001.zst", "12345");
    folder_.append("state/dead-letter/rejected.ndjson",
                   "{\"reason\":\"too_old\",\"detail\":\"x\",\"stream\":{},\"line\":\"y\"}\n"
                   "{\"reason\":\"too_old\",\"detail\":\"x\",\"stream\":{},\"line\":\"y\"}\n"
                   "{\"reason\":\"no record\",\"text\":\"never sent\"}\n"
                   "{\"reason\":\"torn\n");
    const DaemonSide side = look();
    EXPECT_EQ(side.spool_bytes, 5U);
    EXPECT_THAT(side.refused, UnorderedElementsAre(Pair("too_old", 2U)));
}

TEST_F(DaemonSideTest, AsksForTheMetrics) {
    test_support::FaultServer server;
    server.set_rule([](const auto& request) {
        return request.target == "/metrics"
                   ? Fault::answer(200,
                                   "# HELP x y\nboundary_loki_lag_seconds 2.5\n"
                                   "boundary_loki_decisions_total{decision=\"deny\"} 7\n")
                   : Fault::answer(404);
    });
    settings_.metrics_address = "127.0.0.1:" + std::to_string(server.port());
    settings_.loki.bearer_token = "SECRET";
    const DaemonSide side = look();
    EXPECT_EQ(side.metrics_trouble, "");
    EXPECT_EQ(side.metric("boundary_loki_lag_seconds"), 2.5);
    EXPECT_EQ(side.metric("boundary_loki_decisions_total{decision=\"deny\"}"), 7);
    EXPECT_EQ(side.metric("no_such_series"), 0);
    EXPECT_EQ(server.requests().front().headers.count("authorization"), 0U)
        << "credentials are Loki's alone";
}

TEST_F(DaemonSideTest, SaysWhyThereAreNoMetrics) {
    test_support::FaultServer server;
    server.set_rule([](const auto&) { return Fault::answer(200, "up 1\n"); });
    settings_.metrics_address = "127.0.0.1:" + std::to_string(server.port());
    EXPECT_THAT(look().metrics_trouble, HasSubstr("no boundary-loki"));
    settings_.metrics_address = "127.0.0.1:1";
    EXPECT_THAT(look().metrics_trouble, HasSubstr("connect"));
    EXPECT_THAT(look().metrics, IsEmpty());
}

}  // namespace
}  // namespace bridge::doctor
