// SPDX-License-Identifier: MIT
#include "tailer/files/known_files.h"

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/tailer/files/known_files_fixture.h"

namespace tailer {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(KnownFilesTest, AFolderThatDoesNotExistIsEmpty) {
    KnownFiles files({dir_.file("missing")}, {});
    scan(files);
    files.look(0, kName);
    EXPECT_EQ(files.size(), 0U);
    EXPECT_THAT(files.take_grown(), IsEmpty());
}

TEST_F(KnownFilesTest, LearnsFilesByNameAndReportsThoseWithContent) {
    dir_.append(kName, "12345");
    dir_.append(kOther, "");
    dir_.append("notes.txt", "not ours");
    auto files = make();
    scan(files);
    EXPECT_EQ(files.size(), 2U);
    const auto grown = files.take_grown();
    ASSERT_THAT(grown, SizeIs(1));
    const KnownFile& file = files.file(grown[0]);
    EXPECT_EQ(file.name, kName);
    EXPECT_EQ(file.session(), "boundary-2026-06-09_12-00-00-1");
    EXPECT_EQ(file.offset, 0U);
    EXPECT_EQ(file.size, 5U);
    EXPECT_TRUE(file.queued);
    EXPECT_NE(file.identity.inode, 0U);
}

TEST_F(KnownFilesTest, ReportsAFileOncePerGrowth) {
    dir_.append(kName, "12345");
    auto files = make();
    scan(files);
    const auto grown = files.take_grown();
    ASSERT_THAT(grown, SizeIs(1));
    scan(files);
    files.look(0, kName);
    EXPECT_THAT(files.take_grown(), IsEmpty()) << "still queued";
    read_to(files, grown[0], 5);
    scan(files);
    EXPECT_THAT(files.take_grown(), IsEmpty()) << "read to its end";
    dir_.append(kName, "6");
    files.look(0, kName);
    EXPECT_THAT(files.take_grown(), ElementsAre(grown[0]));
}

TEST_F(KnownFilesTest, LearnsAFileThatAppearsLater) {
    auto files = make();
    scan(files);
    dir_.append(kName, "12345");
    files.look(0, kName);
    EXPECT_THAT(files.take_grown(), SizeIs(1));
}

TEST_F(KnownFilesTest, FollowsARenamedFileAndKeepsItsSession) {
    for (const std::string to : {kOther, "kept-for-later.txt"}) {
        dir_.append(kName, "12345");
        auto files = make();
        scan(files);
        const auto grown = files.take_grown();
        ASSERT_THAT(grown, SizeIs(1));
        fs::rename(dir_.file(kName), dir_.file(to));
        files.look(0, kName);
        EXPECT_TRUE(files.file(grown[0]).gone) << "for now";
        scan(files);
        const KnownFile& file = files.file(grown[0]);
        EXPECT_EQ(files.size(), 1U);
        EXPECT_FALSE(file.gone);
        EXPECT_EQ(file.name, to);
        EXPECT_EQ(file.session(), "boundary-2026-06-09_12-00-00-1");
        EXPECT_TRUE(files.open(file)) << "by its new name";
        EXPECT_EQ(lost(files), 0U);
        fs::remove(dir_.file(to));
    }
}

TEST_F(KnownFilesTest, ANewFileUnderARenamedOnesNameIsAnother) {
    dir_.append(kName, "12345");
    auto files = make();
    scan(files);
    const auto first = files.take_grown();
    read_to(files, first.at(0), 5);
    fs::rename(dir_.file(kName), dir_.file(kOther));
    dir_.append(kName, "1234567");
    scan(files);
    const auto second = files.take_grown();
    ASSERT_THAT(second, SizeIs(1));
    EXPECT_NE(second[0], first[0]);
    EXPECT_EQ(files.file(second[0]).name, kName);
    EXPECT_EQ(files.file(first[0]).name, kOther);
    EXPECT_FALSE(files.file(first[0]).gone);
    EXPECT_EQ(files.size(), 2U);
}

TEST_F(KnownFilesTest, ATruncatedFileIsAnotherLogAndItsUnreadBytesAreLost) {
    dir_.append(kName, "1234567890");
    auto files = make();
    scan(files);
    const auto old = files.take_grown();
    read_to(files, old.at(0), 4);
    fs::resize_file(dir_.file(kName), 0);
    dir_.append(kName, "abc");
    scan(files);
    const auto fresh = files.take_grown();
    ASSERT_THAT(fresh, SizeIs(1));
    EXPECT_NE(fresh[0], old[0]);
    EXPECT_EQ(files.file(fresh[0]).offset, 0U);
    EXPECT_TRUE(files.file(old[0]).gone);
    EXPECT_FALSE(files.file(fresh[0]).gone);
    EXPECT_EQ(files.troubles().truncated, 1U);
    EXPECT_EQ(lost(files), 6U);
    files.forget(old[0]);
    EXPECT_EQ(lost(files), 0U) << "counted once";
    scan(files);
    EXPECT_FALSE(files.file(fresh[0]).gone);
    EXPECT_EQ(files.size(), 1U);
}

TEST_F(KnownFilesTest, AFileThatWasReadToItsEndLosesNothingWhenTruncated) {
    dir_.append(kName, "1234567890");
    auto files = make();
    scan(files);
    read_to(files, files.take_grown().at(0), 10);
    fs::resize_file(dir_.file(kName), 0);
    files.look(0, kName);
    EXPECT_EQ(files.troubles().truncated, 1U);
    EXPECT_EQ(lost(files), 0U);
    EXPECT_THAT(files.take_grown(), IsEmpty());
    dir_.append(kName, "a");
    files.look(0, kName);
    EXPECT_THAT(files.take_grown(), SizeIs(1));
}

TEST_F(KnownFilesTest, BytesOfAFileThatGoesUnreadAreLost) {
    dir_.append(kName, "1234567890");
    auto files = make();
    scan(files);
    const auto grown = files.take_grown();
    files.file(grown.at(0)).offset = 3;
    fs::remove(dir_.file(kName));
    scan(files);
    EXPECT_TRUE(files.file(grown[0]).gone);
    EXPECT_EQ(lost(files), 0U) << "its descriptor may still be open";
    EXPECT_EQ(files.open(files.file(grown[0])).error().code, ENOENT);
    files.forget(grown[0]);
    EXPECT_EQ(lost(files), 7U);
    EXPECT_EQ(files.size(), 0U);
    EXPECT_FALSE(files.knows(grown[0]));
    files.forget(grown[0]);
    EXPECT_EQ(lost(files), 0U) << "forgotten already";
}

TEST_F(KnownFilesTest, AFileReplacedUnderItsNameIsAnotherAndTheOldOneIsGone) {
    // Many rounds: some file systems give the new file the old one's inode.
    auto files = make();
    FileId old = 0;
    for (int round = 0; round < 20; ++round) {
        dir_.append(kName, std::string(static_cast<std::size_t>(round) + 1, 'x'));
        if (round % 2 == 0) {
            files.look(0, kName);
        } else {
            scan(files);
        }
        const auto grown = files.take_grown();
        ASSERT_THAT(grown, SizeIs(1)) << round;
        EXPECT_NE(grown[0], old);
        EXPECT_EQ(files.file(grown[0]).offset, 0U);
        scan(files);
        EXPECT_FALSE(files.file(grown[0]).gone) << round;
        if (old != 0) {
            EXPECT_TRUE(files.file(old).gone) << round << ": nothing would ever forget it";
        }
        old = grown[0];
        read_to(files, old, files.file(old).size);
        dir_.remove(kName);
    }
    EXPECT_EQ(lost(files), 0U);
    EXPECT_EQ(files.troubles().truncated, 0U);
}

TEST_F(KnownFilesTest, DoesNotOpenAnotherFileInTheSeenOnesPlace) {
    dir_.append(kName, "12345");
    auto files = make();
    scan(files);
    const auto grown = files.take_grown();
    dir_.append("fresh", "67890");
    fs::rename(dir_.file("fresh"), dir_.file(kName));
    const auto opened = files.open(files.file(grown.at(0)));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ESTALE);
    EXPECT_NE(opened.error().message.find(dir_.file(kName)), std::string::npos);
}

TEST_F(KnownFilesTest, PassesOverWhatIsNoRegularFile) {
    const std::string outside = dir_.append("outside", "secret\n");
    fs::create_symlink(outside, dir_.file("boundary-2026-06-09_12-00-00-1.log"));
    ASSERT_EQ(::mkfifo(dir_.file("boundary-2026-06-09_12-00-00-2.log").c_str(), 0666), 0);
    fs::create_directory(dir_.file("boundary-2026-06-09_12-00-00-3.log"));
    fs::create_symlink("/dev/zero", dir_.file("boundary-2026-06-09_12-00-00-4.log"));
    fs::create_symlink("nowhere", dir_.file("boundary-2026-06-09_12-00-00-5.log"));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string socket_path = dir_.file("boundary-2026-06-09_12-00-00-6.log");
    ASSERT_LT(socket_path.size(), sizeof address.sun_path);
    socket_path.copy(address.sun_path, socket_path.size());
    const base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);

    auto files = make();
    ::alarm(20);
    scan(files);
    files.look(0, kName);
    files.look(0, kOther);
    ::alarm(0);
    EXPECT_EQ(files.size(), 0U);
    EXPECT_THAT(files.take_grown(), IsEmpty());
    EXPECT_EQ(files.skipped().count(SkipReason::NotRegular), 3U);
    EXPECT_EQ(files.skipped().count(SkipReason::Symlink), 3U);
}

TEST_F(KnownFilesTest, OpensNoLinkOrFifoThatTookAFilesPlace) {
    const std::string outside = dir_.append("outside", "secret\n");
    dir_.append(kName, "12345");
    auto files = make();
    scan(files);
    const auto grown = files.take_grown();
    const KnownFile& file = files.file(grown.at(0));
    fs::remove(dir_.file(kName));
    fs::create_symlink(outside, dir_.file(kName));
    EXPECT_EQ(files.open(file).error().code, ELOOP);
    EXPECT_EQ(files.skipped().count(SkipReason::Swapped), 1U);
    fs::remove(dir_.file(kName));
    ASSERT_EQ(::mkfifo(dir_.file(kName).c_str(), 0666), 0);
    ::alarm(20);
    EXPECT_FALSE(files.open(file));
    ::alarm(0);
}

TEST_F(KnownFilesTest, AFileOfTwoNamesIsOneFile) {
    dir_.append(kName, "12345");
    fs::create_hard_link(dir_.file(kName), dir_.file(kOther));
    auto files = make();
    scan(files);
    scan(files);
    EXPECT_EQ(files.size(), 1U);
    EXPECT_THAT(files.take_grown(), SizeIs(1));
}

TEST_F(KnownFilesTest, AFolderThatGoesSaysNothingOfItsFiles) {
    const std::string folder = dir_.file("logs");
    fs::create_directory(folder);
    dir_.append(std::string("logs/") + kName, "12345");
    KnownFiles files({folder}, {});
    scan(files);
    const auto grown = files.take_grown();
    fs::rename(folder, dir_.file("away"));
    scan(files);
    files.look(0, kName);
    EXPECT_FALSE(files.file(grown.at(0)).gone) << "its volume may come back";
    EXPECT_FALSE(files.open(files.file(grown[0])));
    fs::rename(dir_.file("away"), folder);
    EXPECT_TRUE(files.open(files.file(grown[0])));
}

TEST_F(KnownFilesTest, TellsTwoFilesApartThatSwapTheirNames) {
    dir_.append(kName, "1");
    dir_.append(kOther, "22");
    auto files = make();
    scan(files);
    EXPECT_THAT(files.take_grown(), SizeIs(2));
    fs::rename(dir_.file(kName), dir_.file("aside"));
    fs::rename(dir_.file(kOther), dir_.file(kName));
    fs::rename(dir_.file("aside"), dir_.file(kOther));
    scan(files);
    EXPECT_EQ(files.size(), 2U);
    EXPECT_EQ(files.learned(), 2U);
    for (int round = 0; round < 2; ++round) {
        files.for_each([&](FileId id, const KnownFile& file) {
            EXPECT_EQ(file.name, file.size == 1 ? kOther : kName) << id;
            EXPECT_EQ(file.session(), session_of(file.size == 1 ? kName : kOther));
            EXPECT_FALSE(file.gone);
            EXPECT_TRUE(files.open(file));
        });
        files.look(0, kName);  // by name, each is found where it is now
        files.look(0, kOther);
    }
    fs::remove(dir_.file(kName));
    files.look(0, kName);
    files.for_each([&](FileId, const KnownFile& file) { EXPECT_EQ(file.gone, file.size == 2); });
}

TEST_F(KnownFilesTest, FindsItsFilesAgainInAFolderThatWasMadeAnew) {
    const std::string folder = dir_.file("logs");
    fs::create_directory(folder);
    KnownFiles files({folder}, {});
    scan(files);
    fs::remove(folder);
    fs::create_directory(folder);
    dir_.append(std::string("logs/") + kName, "12345");
    scan(files);
    const auto grown = files.take_grown();
    ASSERT_THAT(grown, SizeIs(1));
    EXPECT_TRUE(files.open(files.file(grown[0])));
}

}  // namespace
}  // namespace tailer
