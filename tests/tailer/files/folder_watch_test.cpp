// SPDX-License-Identifier: MIT
#include "tailer/files/folder_watch.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "tests/support/temp_dir.h"

namespace tailer {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

bool readable(const FolderWatch& watch) {
    pollfd poll{watch.fd(), POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1;
}

/// What one call of drain() told.
struct Told {
    bool rescan = false;
    std::set<std::pair<FolderIndex, std::string>> changed;
};

Told drain(FolderWatch& watch) {
    Told told;
    told.rescan = watch.drain(
        [&told](FolderIndex folder, std::string_view name) { told.changed.emplace(folder, name); });
    return told;
}

/// How many inodes the kernel watches for us.
int watched_inodes(const FolderWatch& watch) {
    std::ifstream info("/proc/self/fdinfo/" + std::to_string(watch.fd()));
    int watches = 0;
    for (std::string line; std::getline(info, line);) {
        watches += line.starts_with("inotify") ? 1 : 0;
    }
    return watches;
}

TEST(FolderWatchTest, TellsWhichFilesChanged) {
    const test_support::TempDir dir;
    dir.append("old", "1");
    FolderWatch watch({dir.path()});
    ASSERT_GE(watch.fd(), 0);
    EXPECT_TRUE(watch.attached(0));
    EXPECT_FALSE(readable(watch));
    EXPECT_THAT(drain(watch).changed, IsEmpty());

    dir.append("new", "1");
    dir.append("old", "2");
    EXPECT_TRUE(readable(watch));
    auto told = drain(watch);
    EXPECT_FALSE(told.rescan);
    EXPECT_THAT(told.changed, ElementsAre(Pair(0U, "new"), Pair(0U, "old")));
    EXPECT_FALSE(readable(watch));

    fs::rename(dir.file("new"), dir.file("newer"));
    fs::remove(dir.file("old"));
    told = drain(watch);
    EXPECT_FALSE(told.rescan);
    EXPECT_THAT(told.changed, ElementsAre(Pair(0U, "new"), Pair(0U, "newer"), Pair(0U, "old")));
}

TEST(FolderWatchTest, TellsOneFolderFromAnother) {
    const test_support::TempDir one;
    const test_support::TempDir two;
    FolderWatch watch({one.path(), two.path()});
    two.append("a", "1");
    EXPECT_THAT(drain(watch).changed, ElementsAre(Pair(1U, "a")));
    one.append("b", "1");
    EXPECT_THAT(drain(watch).changed, ElementsAre(Pair(0U, "b")));
}

TEST(FolderWatchTest, ReadingAFileIsNoChange) {
    const test_support::TempDir dir;
    const std::string path = dir.append("a", "1");
    FolderWatch watch({dir.path()});
    std::ifstream(path).get();
    EXPECT_FALSE(readable(watch));
}

TEST(FolderWatchTest, WaitsForAFolderThatDoesNotExistYet) {
    const test_support::TempDir dir;
    FolderWatch watch({dir.file("logs")});
    EXPECT_FALSE(watch.attached(0));
    EXPECT_FALSE(readable(watch));
    fs::create_directory(dir.file("logs"));
    EXPECT_TRUE(readable(watch));
    EXPECT_TRUE(drain(watch).rescan);
    EXPECT_TRUE(watch.attached(0));
    dir.append("logs/a", "1");
    EXPECT_THAT(drain(watch).changed, ElementsAre(Pair(0U, "a")));
}

TEST(FolderWatchTest, WaitsForAFolderThroughMissingParents) {
    const test_support::TempDir dir;
    FolderWatch watch({dir.file("a/b/c/logs")});
    fs::create_directory(dir.file("a"));
    EXPECT_TRUE(drain(watch).rescan);
    EXPECT_FALSE(watch.attached(0));
    fs::create_directory(dir.file("a/b"));
    EXPECT_TRUE(drain(watch).rescan);
    fs::create_directories(dir.file("a/b/c/logs"));
    EXPECT_TRUE(drain(watch).rescan);
    EXPECT_TRUE(watch.attached(0));
    dir.append("a/b/c/logs/x", "1");
    EXPECT_THAT(drain(watch).changed, ElementsAre(Pair(0U, "x")));
}

TEST(FolderWatchTest, SeesAFolderThatIsMovedIntoPlace) {
    const test_support::TempDir dir;
    FolderWatch watch({dir.file("logs")});
    fs::create_directory(dir.file("made-elsewhere"));
    static_cast<void>(drain(watch));
    fs::rename(dir.file("made-elsewhere"), dir.file("logs"));
    EXPECT_TRUE(drain(watch).rescan);
    EXPECT_TRUE(watch.attached(0));
}

TEST(FolderWatchTest, FollowsAFolderThatIsRemovedAndMadeAgain) {
    const test_support::TempDir dir;
    fs::create_directory(dir.file("logs"));
    FolderWatch watch({dir.file("logs")});
    for (int round = 0; round < 3; ++round) {
        dir.append("logs/a", "1");
        EXPECT_THAT(drain(watch).changed, Contains(Pair(0U, "a"))) << round;
        fs::remove_all(dir.file("logs"));
        EXPECT_TRUE(drain(watch).rescan) << round;
        EXPECT_FALSE(watch.attached(0)) << round;
        fs::create_directory(dir.file("logs"));
        EXPECT_TRUE(readable(watch)) << round;
        EXPECT_TRUE(drain(watch).rescan) << round;
        EXPECT_TRUE(watch.attached(0)) << round;
    }
}

TEST(FolderWatchTest, FollowsTheNameWhenTheFolderIsMovedAway) {
    const test_support::TempDir dir;
    fs::create_directory(dir.file("logs"));
    FolderWatch watch({dir.file("logs")});
    fs::rename(dir.file("logs"), dir.file("elsewhere"));
    EXPECT_TRUE(drain(watch).rescan);
    EXPECT_FALSE(watch.attached(0));
    fs::create_directory(dir.file("logs"));
    EXPECT_TRUE(drain(watch).rescan);
    dir.append("elsewhere/a", "1");
    EXPECT_THAT(drain(watch).changed, IsEmpty());
    dir.append("logs/b", "1");
    EXPECT_THAT(drain(watch).changed, ElementsAre(Pair(0U, "b")));
}

TEST(FolderWatchTest, AnAncestorMayBeALogFolderItself) {
    const test_support::TempDir dir;
    FolderWatch watch({dir.path(), dir.file("inner")});
    dir.append("a", "1");
    EXPECT_THAT(drain(watch).changed, Contains(Pair(0U, "a")));
    fs::create_directory(dir.file("inner"));
    static_cast<void>(drain(watch));
    watch.attach();
    EXPECT_TRUE(watch.attached(1));
    dir.append("a", "2");
    dir.append("inner/b", "1");
    EXPECT_THAT(drain(watch).changed, ElementsAre(Pair(0U, "a"), Pair(1U, "b")));
}

TEST(FolderWatchTest, AttachesAtARescanWhatItMissed) {
    const test_support::TempDir dir;
    FolderWatch watch({dir.file("logs")});
    fs::create_directory(dir.file("logs"));
    EXPECT_TRUE(watch.attach());
    EXPECT_FALSE(watch.attach()) << "nothing new the second time";
    EXPECT_TRUE(watch.attached(0));
}

TEST(FolderWatchTest, LetsGoOfTheAncestorsOnceTheFolderIsThere) {
    const test_support::TempDir dir;
    FolderWatch watch({dir.file("a/logs")});
    EXPECT_EQ(watched_inodes(watch), 1);
    fs::create_directories(dir.file("a"));
    static_cast<void>(drain(watch));
    EXPECT_EQ(watched_inodes(watch), 1) << "the nearest ancestor only";
    fs::create_directories(dir.file("a/logs"));
    static_cast<void>(drain(watch));
    static_cast<void>(drain(watch));
    EXPECT_EQ(watched_inodes(watch), 1) << "the folder only";
    dir.append("noise", "1");
    dir.append("a/noise", "1");
    EXPECT_FALSE(readable(watch)) << "what goes on beside the log folder must not wake us";
}

TEST(FolderWatchTest, AFileInTheFoldersPlaceIsNoFolder) {
    const test_support::TempDir dir;
    dir.append("logs", "a file");
    FolderWatch watch({dir.file("logs")});
    EXPECT_FALSE(watch.attached(0));
    static_cast<void>(drain(watch));
    fs::remove(dir.file("logs"));
    fs::create_directory(dir.file("logs"));
    EXPECT_TRUE(drain(watch).rescan);
    EXPECT_TRUE(watch.attached(0));
}

TEST(FolderWatchTest, AsksForARescanWhenEventsWereLost) {
    std::ifstream setting("/proc/sys/fs/inotify/max_queued_events");
    int limit = 0;
    ASSERT_TRUE(setting >> limit);
    const test_support::TempDir dir;
    dir.append("a", "1");
    dir.append("b", "1");
    FolderWatch watch({dir.path()});
    std::ofstream a(dir.file("a"), std::ios::app);
    std::ofstream b(dir.file("b"), std::ios::app);
    for (int i = 0; i < limit; ++i) {  // alternating, since equal neighbours are folded into one
        a << "x" << std::flush;
        b << "x" << std::flush;
    }
    EXPECT_TRUE(drain(watch).rescan);
    EXPECT_FALSE(drain(watch).rescan);
}

TEST(FolderWatchTest, FollowsALinkThatIsPointedElsewhere) {
    const test_support::TempDir dir;
    for (const char* name : {"first", "second"}) {
        fs::create_directories(dir.file(name) + "/logs");
    }
    // A link on the way, to a link.
    fs::create_directory_symlink("first", dir.file("current"));
    fs::create_directory_symlink(dir.file("current"), dir.file("link"));
    FolderWatch watch({dir.file("link") + "/logs"});
    ASSERT_TRUE(watch.attached(0));
    dir.append("noise", "1");
    EXPECT_FALSE(readable(watch)) << "what else goes on beside the links wakes nobody";

    fs::create_directory_symlink("second", dir.file("new"));
    fs::rename(dir.file("new"), dir.file("current"));
    EXPECT_TRUE(readable(watch));
    EXPECT_TRUE(drain(watch).rescan);
    dir.append("first/logs/a", "1");
    EXPECT_THAT(drain(watch).changed, IsEmpty());
    dir.append("second/logs/b", "1");
    EXPECT_THAT(drain(watch).changed, ElementsAre(Pair(0U, "b")));

    fs::remove(dir.file("link"));
    EXPECT_TRUE(drain(watch).rescan);
    EXPECT_FALSE(watch.attached(0));
    fs::create_directory_symlink(dir.file("first"), dir.file("link"));
    EXPECT_TRUE(drain(watch).rescan);
    dir.append("first/logs/c", "1");
    EXPECT_THAT(drain(watch).changed, testing::Contains(Pair(0U, "c")));
    EXPECT_EQ(watched_inodes(watch), 2) << "the folder and the link";
}

TEST(FolderWatchTest, AFolderUnderTwoNamesIsLeftByOneAlone) {
    const test_support::TempDir dir;
    fs::create_directories(dir.file("logs"));
    fs::create_directories(dir.file("other"));
    fs::create_directory_symlink("logs", dir.file("link"));
    FolderWatch watch({dir.file("logs"), dir.file("link")});
    fs::remove(dir.file("link"));
    fs::create_directory_symlink("other", dir.file("link"));
    EXPECT_TRUE(drain(watch).rescan);
    dir.append("logs/a", "1");
    dir.append("other/b", "1");
    EXPECT_THAT(drain(watch).changed, testing::UnorderedElementsAre(Pair(0U, "a"), Pair(1U, "b")));
}

}  // namespace
}  // namespace tailer
