// SPDX-License-Identifier: MIT
// Files and folders that a user names, read once or followed.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tailer/tailer.h"
#include "tests/support/temp_dir.h"
#include "tests/tailer/collected.h"
#include "tests/tailer/files/packed.h"

namespace tailer {
namespace {

namespace fs = std::filesystem;
using test_support::Collected;
using test_support::deny_line;
using test_support::kNoon;
using test_support::kSecond;
using test_support::read_all;
using test_support::readable;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class TailerPathsTest : public testing::Test {
protected:
    inline static const std::string kName = "boundary-2026-06-09_12-00-00-1.log";
    inline static const std::string kOther = "boundary-2026-06-09_12-00-00-2.log";

    test_support::TempDir dir_;
};

TEST_F(TailerPathsTest, OnceTakesTheToolCallsBesideTheLogsOrThoseGiven) {
    ToolCallStart call;
    call.id = "beside";
    call.time_ns = kNoon;
    ASSERT_TRUE(append_toolcall(dir_.file("toolcalls"), call));
    call.id = "given";
    ASSERT_TRUE(append_toolcall(dir_.file("elsewhere"), call));
    const std::string log = dir_.append(kName, deny_line(kNoon));
    for (const std::string given : {"", "elsewhere"}) {
        auto tailer = Tailer::once({log}, {}, {}, given.empty() ? "" : dir_.file(given));
        ASSERT_TRUE(tailer);
        const Collected lines = read_all(*tailer);
        ASSERT_THAT(lines.records, SizeIs(1));
        EXPECT_THAT(lines.records[0].line, HasSubstr(given.empty() ? R"("beside")" : R"("given")"));
    }
}

TEST_F(TailerPathsTest, OnceReadsFoldersAndFilesOfAnyName) {
    fs::create_directory(dir_.file("logs"));
    dir_.append("logs/" + kName, deny_line(kNoon));
    dir_.append("logs/" + kOther + ".gz", test_support::gzip(deny_line(kNoon + kSecond)));
    dir_.append("logs/boundary-2026-06-09_12-00-00-3.log.zst",
                test_support::zstd(deny_line(kNoon + 2 * kSecond)));
    dir_.append("logs/notes.txt", deny_line(kNoon + 3 * kSecond));
    const std::string single = dir_.append("coderd.txt", deny_line(kNoon + 4 * kSecond));
    fs::create_symlink(dir_.append("real.log", deny_line(kNoon + 5 * kSecond)), dir_.file("link"));
    // The folder twice, one of its files by name, and a link that the user named.
    auto tailer = Tailer::once({dir_.file("logs"), single, dir_.file("logs") + "/",
                                dir_.file("link"), dir_.file("logs/" + kName)},
                               {}, {});
    ASSERT_TRUE(tailer) << tailer.error().message;
    EXPECT_EQ(tailer->wait_fd(), -1);
    EXPECT_THAT(read_all(*tailer).event_times(),
                ElementsAre(kNoon, kNoon + kSecond, kNoon + 2 * kSecond, kNoon + 4 * kSecond,
                            kNoon + 5 * kSecond));
    EXPECT_THAT(tailer->take_errors(), IsEmpty());
}

TEST_F(TailerPathsTest, OnceTakesATailWithoutNewline) {
    std::string cut = deny_line(kNoon);
    cut.pop_back();
    auto tailer = Tailer::once({dir_.append(kName, deny_line(kNoon) + cut)}, {}, {});
    ASSERT_TRUE(tailer);
    const auto read = read_all(*tailer);
    ASSERT_THAT(read.records, SizeIs(2));
    EXPECT_EQ(read.records[1].end_offset, fs::file_size(dir_.file(kName)));
}

TEST_F(TailerPathsTest, OnceNamesAPathThatCannotBeUsed) {
    const std::string good = dir_.append(kName, deny_line(kNoon));
    ASSERT_EQ(::mkfifo(dir_.file("fifo").c_str(), 0666), 0);
    fs::create_symlink("nowhere", dir_.file("dangling"));
    ::alarm(20);
    for (const std::string name : {"missing", "fifo", "dangling"}) {
        const auto tailer = Tailer::once({good, dir_.file(name)}, {}, {});
        ASSERT_FALSE(tailer) << name;
        EXPECT_THAT(tailer.error().message, HasSubstr(dir_.file(name)));
    }
    ::alarm(0);
}

TEST_F(TailerPathsTest, OnceTellsOfADamagedArchiveAndReadsTheRest) {
    dir_.append(kName + ".gz", test_support::gzip(deny_line(kNoon)).substr(0, 30));
    dir_.append(kOther, deny_line(kNoon + kSecond));
    auto tailer = Tailer::once({dir_.path()}, {}, {});
    ASSERT_TRUE(tailer);
    EXPECT_THAT(read_all(*tailer).event_times(), ElementsAre(kNoon + kSecond));
    EXPECT_THAT(tailer->take_errors(), ElementsAre(HasSubstr(kName + ".gz")));
}

TEST_F(TailerPathsTest, FollowsAFileThatWasNamedAndNoOtherOfItsFolder) {
    const auto path = dir_.append("named.txt", deny_line(kNoon));
    auto tailer = Tailer::follow_paths({path}, {});
    ASSERT_TRUE(tailer.has_value());
    EXPECT_THAT(read_all(*tailer).records, SizeIs(1));
    dir_.append(kName, deny_line(kNoon));
    dir_.append("named.txt", deny_line(kNoon + kSecond));
    EXPECT_TRUE(readable(*tailer));
    EXPECT_THAT(read_all(*tailer, true).event_times(), ElementsAre(kNoon + kSecond));
}

TEST_F(TailerPathsTest, FollowsAFolderThatWasNamedWithoutWhatIsPackedLater) {
    dir_.append(kName, deny_line(kNoon));
    auto tailer = Tailer::follow_paths({dir_.path()}, {});
    ASSERT_TRUE(tailer.has_value());
    EXPECT_THAT(read_all(*tailer).records, SizeIs(1));
    dir_.append(kOther, deny_line(kNoon + kSecond));
    dir_.append(kName + ".gz", "not looked at");
    EXPECT_THAT(read_all(*tailer, true).event_times(), ElementsAre(kNoon + kSecond));
    EXPECT_THAT(tailer->take_errors(), IsEmpty());
}

TEST_F(TailerPathsTest, CannotFollowWhatIsNotThere) {
    const auto tailer = Tailer::follow_paths({dir_.file("nothing")}, {});
    ASSERT_FALSE(tailer.has_value());
    EXPECT_THAT(tailer.error().message, HasSubstr("nothing"));
}

}  // namespace
}  // namespace tailer
