// SPDX-License-Identifier: MIT
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tailer/files/file_fingerprint.h"
#include "tests/tailer/files/known_files_fixture.h"

namespace tailer {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST_F(KnownFilesTest, ResumesWhereACheckpointSays) {
    dir_.append(kName, "1234567890");
    EXPECT_EQ(offset_after(progress_of(kName, 4)), 4U);
    EXPECT_EQ(offset_after(progress_of(kName, 10)), 10U);
}

TEST_F(KnownFilesTest, AFileReadToItsEndBeforeIsNotReportedAgain) {
    dir_.append(kName, "1234567890");
    auto files = make({progress_of(kName, 10)});
    scan(files);
    EXPECT_THAT(files.take_grown(), IsEmpty());
    dir_.append(kName, "1");
    scan(files);
    EXPECT_THAT(files.take_grown(), SizeIs(1));
}

TEST_F(KnownFilesTest, ResumesAFileThatWasRenamedMeanwhile) {
    dir_.append(kName, "1234567890");
    const auto progress = progress_of(kName, 4);
    fs::rename(dir_.file(kName), dir_.file(kOther));
    EXPECT_EQ(offset_after(progress), progress.identity.birth_ns != 0 ? 4U : 0U);
}

TEST_F(KnownFilesTest, BeginsAnewWhereTheCheckpointMeansAnotherFile) {
    dir_.append(kName, "1234567890");
    auto wrong_birth = progress_of(kName, 4);
    ++wrong_birth.identity.birth_ns;
    EXPECT_EQ(offset_after(wrong_birth), 0U) << "the inode was used again";
    auto wrong_inode = progress_of(kName, 4);
    ++wrong_inode.identity.inode;
    EXPECT_EQ(offset_after(wrong_inode), 0U);
}

/// With the fingerprint that a checkpoint has.
FileProgress read_progress(const test_support::TempDir& dir, FileProgress progress) {
    const base::UniqueFd fd(::open(dir.file(progress.name.text()).c_str(), O_RDONLY | O_CLOEXEC));
    progress.fingerprint = fingerprint_before(fd.get(), progress.offset);
    progress.counts = {2, 3};
    return progress;
}

/// `offset` is done with, and what is behind it up to `read` was in flight.
FileProgress in_flight_progress(const test_support::TempDir& dir, FileProgress read_to,
                                std::uint64_t offset) {
    FileProgress progress = read_progress(dir, std::move(read_to));
    progress.ahead = static_cast<std::uint32_t>(progress.offset - offset);
    progress.offset = offset;
    return progress;
}

TEST_F(KnownFilesTest, WhatWasInFlightTellsALogFromItsSuccessorInTheSameFile) {
    dir_.append(kName, "1234567890");
    const auto progress = in_flight_progress(dir_, progress_of(kName, 10), 4);
    auto goes_on = make({progress});
    EXPECT_EQ(offset_in(goes_on), 4U);
    EXPECT_THAT(goes_on.take_losses(), IsEmpty());

    fs::resize_file(dir_.file(kName), 0);
    dir_.append(kName, "1234567");
    auto shorter = make({progress});
    EXPECT_EQ(offset_in(shorter), 0U);
    EXPECT_EQ(shorter.troubles().truncated, 1U);
    EXPECT_THAT(shorter.take_losses(), SizeIs(1));

    dir_.append(kName, "abcdef");
    auto longer = make({progress});
    EXPECT_EQ(offset_in(longer), 0U);
    EXPECT_EQ(longer.troubles().rewritten, 1U);
    EXPECT_THAT(longer.take_losses(), SizeIs(1));
}

TEST_F(KnownFilesTest, WhatWasInFlightTellsALogUnderAnotherInode) {
    dir_.append(kName, "1234567890");
    auto progress = in_flight_progress(dir_, progress_of(kName, 10), 4);
    ++progress.identity.inode;
    EXPECT_EQ(offset_after(progress), 4U);
    progress.fingerprint ^= 1U;
    EXPECT_EQ(offset_after(progress), 0U);
}

TEST_F(KnownFilesTest, SaysHowFarAFileIsReadAheadOfWhatIsSettled) {
    dir_.append(kName, "1234567890");
    auto files = make();
    const FileId id = only_grown(files);
    read_to(files, id, 10);
    files.settle(id, 4, {1, 2});
    KnownFile& file = files.file(id);
    EXPECT_EQ(progress_so_far(file).read(), 4U) << "no fingerprint yet";
    file.fingerprint = 7;
    const FileProgress progress = progress_so_far(file);
    EXPECT_EQ(progress.offset, 4U);
    EXPECT_EQ(progress.read(), 10U);
    EXPECT_EQ(progress.fingerprint, 7U);
    EXPECT_EQ(progress.counts, (LineCounts{1, 2}));
    EXPECT_EQ(progress.session, "") << "it is the name's";
    file.offset = (std::uint64_t{1} << 32U) + 4;
    EXPECT_EQ(progress_so_far(file).fingerprint, 0U) << "too far to say";
}

TEST_F(KnownFilesTest, ALogThatComesBackUnderAnotherInodeGoesOn) {
    dir_.append(kName, "1234567890");
    auto progress = read_progress(dir_, progress_of(kName, 4));
    ++progress.identity.inode;
    ++progress.identity.birth_ns;
    progress.session = "renamed before";
    auto files = make({progress});
    EXPECT_EQ(offset_in(files), 4U);
    const auto grown = files.take_grown();
    ASSERT_THAT(grown, SizeIs(1));
    EXPECT_EQ(files.file(grown[0]).settled_counts, (LineCounts{2, 3}));
    EXPECT_EQ(files.file(grown[0]).session(), "renamed before");

    progress.fingerprint ^= 1U;
    EXPECT_EQ(offset_after(progress), 0U) << "another log under the same name";
    progress.fingerprint = 0;
    EXPECT_EQ(offset_after(progress), 0U) << "there is no telling";
    progress.offset = 11;
    EXPECT_EQ(offset_after(progress), 0U) << "it is not all there";
}

TEST_F(KnownFilesTest, ALogThatComesBackInAnotherFolderGoesOn) {
    dir_.append(kName, "1234567890");
    auto progress = read_progress(dir_, progress_of(kName, 4));
    const std::string old = dir_.path() + "-old";
    KnownFiles moved({dir_.path()}, {{old, {progress}}});
    EXPECT_EQ(offset_in(moved), 4U);
    ++progress.identity.inode;
    KnownFiles copied({old, dir_.path()}, {{old, {progress}}});
    copied.scan(1, is_boundary_log_name);
    const auto grown = copied.take_grown();
    ASSERT_THAT(grown, SizeIs(1));
    EXPECT_EQ(copied.file(grown[0]).offset, 4U);
}

TEST_F(KnownFilesTest, ALogThatIsRestoredWhileItIsFollowedGoesOn) {
    dir_.append(kName, "1234567890");
    auto files = make();
    const FileId before = only_grown(files);
    read_to(files, before, 10);
    files.settle(before, 10, {1, 1});
    files.file(before).fingerprint = read_progress(dir_, progress_of(kName, 10)).fingerprint;
    dir_.append("copy", "1234567890ab");
    fs::rename(dir_.file("copy"), dir_.file(kName));
    scan(files);
    const auto grown = files.take_grown();
    ASSERT_THAT(grown, SizeIs(1));
    EXPECT_NE(grown[0], before);
    EXPECT_EQ(files.file(grown[0]).offset, 10U);
    EXPECT_EQ(files.file(grown[0]).settled_counts, (LineCounts{1, 1}));
}

TEST_F(KnownFilesTest, AFolderUnderTwoNamesIsReadOnce) {
    const test_support::TempDir beside;
    const std::string link = beside.file("link");
    fs::create_directory_symlink(dir_.path(), link);
    dir_.append(kName, "1234567890");
    KnownFiles files({link, dir_.path()}, {});
    files.scan(0, is_boundary_log_name);
    files.scan(1, is_boundary_log_name);
    files.look(1, kName);
    EXPECT_EQ(files.size(), 1U);
    EXPECT_THAT(files.take_same_folders(), ElementsAre(Pair(dir_.path(), link)));
    files.scan(1, is_boundary_log_name);
    EXPECT_THAT(files.take_same_folders(), IsEmpty()) << "said once";

    const FileId id = files.take_grown().at(0);
    read_to(files, id, 10);
    files.settle(id, 10, {1, 1});
    fs::remove(link);
    files.scan(0, is_boundary_log_name);
    files.scan(1, is_boundary_log_name);
    EXPECT_EQ(files.size(), 2U);
    files.for_each([](FileId, const KnownFile& file) { EXPECT_EQ(file.offset, 10U); });
}

TEST_F(KnownFilesTest, TellsOfAFileThatIsShorterThanItWasRead) {
    dir_.append(kName, "1234567890");
    auto progress = progress_of(kName, 11);
    progress.session = "renamed";
    auto files = make({progress});
    EXPECT_EQ(offset_in(files), 0U);
    EXPECT_EQ(files.troubles().truncated, 1U);
    const auto losses = files.take_losses();
    ASSERT_THAT(losses, SizeIs(1));
    EXPECT_EQ(losses[0].session, "renamed") << "it was that one's";
    EXPECT_EQ(losses[0].kind, Loss::Kind::CutUnwatched);
    const auto grown = files.take_grown();
    ASSERT_THAT(grown, SizeIs(1));
    EXPECT_EQ(files.file(grown[0]).session(), session_of(kName));
}

TEST_F(KnownFilesTest, ATruncatedFileDoesNotResumeAtItsOldOffset) {
    dir_.append(kName, "1234567890");
    auto files = make({progress_of(kName, 4)});
    scan(files);
    static_cast<void>(files.take_grown());
    fs::resize_file(dir_.file(kName), 6);
    scan(files);
    const auto fresh = files.take_grown();
    ASSERT_THAT(fresh, SizeIs(1));
    EXPECT_EQ(files.file(fresh[0]).offset, 0U);
    EXPECT_EQ(files.file(fresh[0]).settled, 0U);
}

TEST_F(KnownFilesTest, ResumesAPackedFileBeyondItsPackedSize) {
    const std::string name = std::string(kName) + ".gz";
    dir_.append(name, "packed");
    auto files = make({progress_of(name, 4000)});
    files.look(0, name);
    const auto grown = files.take_grown();
    ASSERT_THAT(grown, SizeIs(1)) << "its packed size says nothing of what is left";
    EXPECT_EQ(files.file(grown[0]).offset, 4000U);
    EXPECT_EQ(files.file(grown[0]).session(), "boundary-2026-06-09_12-00-00-1");
}

TEST_F(KnownFilesTest, AFileRenamedBetweenTwoRunsKeepsItsSession) {
    dir_.append(kName, "1234567890");
    auto progress = progress_of(kName, 4);
    if (progress.identity.birth_ns == 0) {
        return;  // such a file system does not tell a renamed file from another
    }
    fs::rename(dir_.file(kName), dir_.file(kOther));
    for (const std::string session : {"", "boundary-2026-06-09_12-00-00-0"}) {
        progress.session = session;
        auto files = make({progress});
        scan(files);
        const auto grown = files.take_grown();
        ASSERT_THAT(grown, SizeIs(1));
        EXPECT_EQ(files.file(grown[0]).session(), session.empty() ? session_of(kName) : session);
    }
}

TEST_F(KnownFilesTest, AnotherFileTakesNoSessionFromTheCheckpoint) {
    dir_.append(kName, "1234567890");
    auto progress = progress_of(kName, 4);
    progress.session = "another";
    ++progress.identity.birth_ns;
    auto files = make({progress});
    scan(files);
    const auto grown = files.take_grown();
    ASSERT_THAT(grown, SizeIs(1));
    EXPECT_EQ(files.file(grown[0]).session(), session_of(kName));
}

TEST_F(KnownFilesTest, OnlyWhatWasSeenCounts) {
    dir_.append(kName, "1234567890");
    auto gone = progress_of(kName, 4);
    gone.name = CompactName(kOther);
    gone.identity.inode += 1'000'000;
    auto files = make({progress_of(kName, 10), gone});
    const auto visited = [&files] {
        std::size_t count = 0;
        files.for_each([&count](FileId, const KnownFile&) { ++count; });
        return count;
    };
    EXPECT_EQ(files.size(), 0U);
    EXPECT_EQ(files.learned(), 0U);
    EXPECT_EQ(visited(), 0U);
    scan(files);
    EXPECT_EQ(files.size(), 1U);
    EXPECT_EQ(files.learned(), 1U);
    EXPECT_EQ(visited(), 1U);
    files.for_each([](FileId, const KnownFile& file) { EXPECT_FALSE(file.gone); });
}

TEST_F(KnownFilesTest, ALogThatComesBackAfterOthersWereSeenGoesOn) {
    dir_.append(kName, "1234567890");
    dir_.append(kOther, "1");
    auto progress = read_progress(dir_, progress_of(kName, 4));
    progress.identity.inode += 1'000'000;  // the other one may have the next
    fs::rename(dir_.file(kName), dir_.file("away"));
    auto files = make({progress});
    scan(files);
    EXPECT_THAT(files.take_grown(), SizeIs(1)) << "the other one";
    fs::rename(dir_.file("away"), dir_.file(kName));
    scan(files);
    const auto grown = files.take_grown();
    ASSERT_THAT(grown, SizeIs(1));
    EXPECT_EQ(files.file(grown[0]).offset, 4U);
}

TEST_F(KnownFilesTest, ForgetsOfOtherFoldersOnceALogWasInEachOfItsOwn) {
    dir_.append(kName, "1234567890");
    dir_.append(kOther, "1");
    const auto progress = read_progress(dir_, progress_of(kName, 4));
    fs::rename(dir_.file(kName), dir_.file("away"));
    KnownFiles files({dir_.path()}, {{dir_.path() + "-old", {progress}}});
    scan(files);
    EXPECT_THAT(files.take_grown(), SizeIs(1)) << "the other one";
    fs::rename(dir_.file("away"), dir_.file(kName));
    scan(files);
    const auto grown = files.take_grown();
    ASSERT_THAT(grown, SizeIs(1));
    EXPECT_EQ(files.file(grown[0]).offset, 0U);
    EXPECT_EQ(files.size(), 2U);
}

TEST_F(KnownFilesTest, KeepsWhatTheCheckpointSaysOfAFolderThatIsNotThereYet) {
    dir_.append(kName, "1234567890");
    const FileProgress here = progress_of(kName, 4);
    const std::string elsewhere = dir_.file("not-mounted");
    KnownFiles files(
        {dir_.path(), elsewhere},
        {{dir_.path(), {here}}, {elsewhere, {here}}, {dir_.file("no-longer-asked-for"), {here}}});
    const auto unseen = [&files] {
        std::vector<std::pair<std::string, std::uint64_t>> found;
        files.for_each_unseen([&](const std::string& folder, const FileProgress& progress) {
            found.emplace_back(folder, progress.offset);
        });
        EXPECT_EQ(files.any_unseen(), !found.empty());
        return found;
    };
    EXPECT_THAT(unseen(), SizeIs(2));
    files.scan(0, is_boundary_log_name);
    files.scan(1, is_boundary_log_name);
    EXPECT_THAT(unseen(), ElementsAre(Pair(elsewhere, 4U)));

    fs::create_directory(elsewhere);
    files.scan(1, is_boundary_log_name);
    EXPECT_THAT(unseen(), SizeIs(1)) << "an empty mount point says nothing";
    dir_.append(std::string("not-mounted/") + kOther, "1");
    files.scan(1, is_boundary_log_name);
    EXPECT_THAT(unseen(), IsEmpty());
}

}  // namespace
}  // namespace tailer
