// SPDX-License-Identifier: MIT
// Logs that are renamed, truncated, replaced or deleted while they are followed.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tailer/collected.h"
#include "tests/tailer/tailer_fixture.h"

namespace tailer {
namespace {

namespace fs = std::filesystem;
using test_support::deny_line;
using test_support::kNoon;
using test_support::kSecond;
using test_support::read_all;
using test_support::readable;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using TailerChangedFilesTest = TailerTest;

TEST_F(TailerChangedFilesTest, FollowsARenamedFileUnderItsOldSession) {
    for (const std::string& to : {kOther, std::string("put-away.txt")}) {
        dir_.append(kName, deny_line(kNoon));
        Tailer tailer = following();
        EXPECT_THAT(read_all(tailer).records, SizeIs(1));
        fs::rename(dir_.file(kName), dir_.file(to));
        dir_.append(to, deny_line(kNoon));
        const auto read = read_all(tailer, true);
        ASSERT_THAT(read.records, SizeIs(1)) << to;
        EXPECT_EQ(read.records[0].timestamp_ns, kNoon + 1) << "it counts on";
        EXPECT_THAT(read.records[0].line,
                    HasSubstr(R"("session":"boundary-2026-06-09_12-00-00-1")"));
        EXPECT_EQ(tailer.files().size(), 1U);
        fs::remove(dir_.file(to));
    }
}

TEST_F(TailerChangedFilesTest, ReadsAFileThatWasTruncatedWhileInLineOnce) {
    dir_.append(kName, deny_line(kNoon) + deny_line(kNoon + kSecond));
    Tailer tailer = following();
    fs::resize_file(dir_.file(kName), 0);
    dir_.append(kName, deny_line(kNoon + 2 * kSecond));
    EXPECT_THAT(read_all(tailer, true).event_times(), ElementsAre(kNoon + 2 * kSecond));
    EXPECT_THAT(tailer.take_errors(), IsEmpty());
    EXPECT_EQ(tailer.files().troubles().truncated, 1U);
    const auto losses = tailer.files().take_losses();
    ASSERT_THAT(losses, SizeIs(1));
    EXPECT_EQ(losses[0].bytes, 2 * deny_line(kNoon).size());
}

TEST_F(TailerChangedFilesTest, TellsAFileThatWasTruncatedBetweenTwoReadsFromARewrittenOne) {
    const std::string line = deny_line(kNoon);
    for (const bool cut : {true, false}) {
        const std::string name = cut ? kName : kOther;
        dir_.append(name, line);
        dir_.append(name, line);
        Tailer tailer = following();
        test_support::Collected read;
        test_support::Collector collector(read);
        EXPECT_TRUE(tailer.read(1, collector));
        fs::resize_file(dir_.file(name), 0);
        for (int i = 0; i < 3 && !cut; ++i) {
            dir_.append(name, deny_line(kNoon + kSecond));
        }
        while (tailer.read(1U << 20U, collector)) {
        }
        const auto losses = tailer.files().take_losses();
        ASSERT_THAT(losses, SizeIs(1));
        EXPECT_EQ(losses[0].kind, cut ? Loss::Kind::Unread : Loss::Kind::Rewritten);
        EXPECT_EQ(losses[0].bytes, cut ? line.size() : 0U);
        EXPECT_EQ(tailer.files().troubles().truncated, cut ? 1U : 0U);
        EXPECT_EQ(tailer.files().troubles().rewritten, cut ? 0U : 1U);
        tailer.look(true);
        EXPECT_FALSE(tailer.has_more());
        EXPECT_THAT(tailer.files().take_losses(), IsEmpty()) << "told once";
        fs::remove(dir_.file(name));
    }
}

TEST_F(TailerChangedFilesTest, ReadsATruncatedFileThroughTheHoleItsWriterLeaves) {
    const std::string first = deny_line(kNoon);
    dir_.append(kName, first);
    Tailer tailer = following();
    EXPECT_THAT(read_all(tailer).records, SizeIs(1));
    fs::resize_file(dir_.file(kName), 0);
    tailer.look(true);
    fs::resize_file(dir_.file(kName), first.size());  // the writer goes on at its own offset
    dir_.append(kName, deny_line(kNoon + kSecond));
    const auto read = read_all(tailer, true);
    EXPECT_THAT(read.event_times(), ElementsAre(kNoon + kSecond));
    EXPECT_THAT(read.unparsed, IsEmpty());
    EXPECT_THAT(tailer.files().take_losses(), IsEmpty());
}

TEST_F(TailerChangedFilesTest, TellsOfAFileThatWentBeforeItWasRead) {
    dir_.append(kName, deny_line(kNoon));
    dir_.append(kOther, deny_line(kNoon + kSecond));
    Tailer tailer = follow();
    tailer.look(true);
    tailer.rest();
    fs::remove(dir_.file(kName));
    EXPECT_THAT(read_all(tailer, true).event_times(), ElementsAre(kNoon + kSecond));
    EXPECT_THAT(tailer.take_errors(), ElementsAre(HasSubstr(kName)));
    EXPECT_FALSE(tailer.has_more());
    EXPECT_EQ(tailer.unread_bytes(), deny_line(kNoon).size());
}

TEST_F(TailerChangedFilesTest, ReadsWhatADeletedFileHasLeftWhileItIsStillOpen) {
    dir_.append(kName, deny_line(kNoon));
    Tailer tailer = following();
    EXPECT_THAT(read_all(tailer).records, SizeIs(1));
    EXPECT_EQ(tailer.open_files(), 1U);
    dir_.append(kName, deny_line(kNoon + kSecond));
    tailer.look(false);
    fs::remove(dir_.file(kName));
    EXPECT_THAT(read_all(tailer, true).event_times(), ElementsAre(kNoon + kSecond));
    EXPECT_THAT(tailer.take_errors(), IsEmpty());
}

TEST_F(TailerChangedFilesTest, ReadsAFileThatReplacedAnotherFromItsStart) {
    dir_.append(kName, deny_line(kNoon) + deny_line(kNoon + kSecond));
    Tailer tailer = following();
    EXPECT_THAT(read_all(tailer).records, SizeIs(2));
    dir_.append("fresh", deny_line(kNoon + 2 * kSecond) + deny_line(kNoon + 3 * kSecond));
    fs::rename(dir_.file("fresh"), dir_.file(kName));
    EXPECT_THAT(read_all(tailer, true).event_times(),
                ElementsAre(kNoon + 2 * kSecond, kNoon + 3 * kSecond));
}

}  // namespace
}  // namespace tailer
