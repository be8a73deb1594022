// SPDX-License-Identifier: MIT
#include "exporter/disk/spool.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zstd.h>

#include "exporter/loki/push_request.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace exporter {
namespace {

namespace fs = std::filesystem;
using test_support::read_file;
using test_support::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kRoomy = 1U << 30U;
const std::string kLabels = R"({decision="deny", job="boundary"})";

std::string entries_of(std::string_view line) {
    const std::vector<base::LabelView> metadata = {{"domain", "h.example"}};
    std::string entries;
    append_entry(entries, {1'781'006'400'000'000'000, line, metadata, {}});
    append_entry(entries, {1'781'006'400'000'000'001, "and one more", {}, {}});
    return entries;
}

std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

void write_file(const std::string& path, std::string_view content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::string frame_of(const std::string& request) {
    std::string frame(::ZSTD_compressBound(request.size()), '\0');
    frame.resize(::ZSTD_compress(frame.data(), frame.size(), request.data(), request.size(), 1));
    return frame;
}

class SpoolTest : public testing::Test {
protected:
    static constexpr std::uint64_t kBlock = 4096;

    [[nodiscard]] Spool open(std::uint64_t max_bytes = kRoomy) const {
        auto spool = Spool::open(path(), max_bytes);
        EXPECT_TRUE(spool.has_value());
        return std::move(*spool);
    }
    [[nodiscard]] std::string path() const { return folder_.file("spool"); }
    /// The one file of a spool that one batch was added to, closed again.
    [[nodiscard]] std::string add_one(std::string_view line) const {
        EXPECT_TRUE(open().add(kLabels, entries_of(line)).has_value());
        return path() + "/" + names_in(path()).front();
    }

    TempDir folder_;
};

TEST_F(SpoolTest, LoadsWhatWasAdded) {
    Spool spool = open();
    const auto segment = spool.add(kLabels, entries_of("x"));
    ASSERT_TRUE(segment.has_value());
    EXPECT_EQ(segment->labels, kLabels);
    EXPECT_EQ(spool.load(*segment), entries_of("x"));
    EXPECT_EQ(spool.segments(), 1U);
    EXPECT_EQ(spool.bytes(), segment->disk_bytes);
    EXPECT_LT(fs::file_size(path() + "/00000000000000000001.push.zst"), kBlock);
    EXPECT_EQ(spool.bytes(), kBlock) << "what it takes on disk";
}

TEST_F(SpoolTest, KeepsItsFilesPrivate) {
    const std::string file = add_one("x");
    struct stat info {};
    ASSERT_EQ(::stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(SpoolTest, GivesTheRoomBackWhenASegmentIsRemoved) {
    Spool spool = open();
    const auto first = spool.add(kLabels, entries_of("x"));
    const auto second = spool.add(kLabels, entries_of("y"));
    ASSERT_TRUE(first && second);
    spool.remove(*first);
    EXPECT_EQ(spool.segments(), 1U);
    EXPECT_EQ(spool.bytes(), second->disk_bytes);
    spool.remove(*second);
    EXPECT_EQ(spool.segments(), 0U);
    EXPECT_EQ(spool.bytes(), 0U);
    EXPECT_TRUE(names_in(path()).empty());
}

TEST_F(SpoolTest, MovedEntriesFindRoomAboveTheCap) {
    Spool spool = open(1);
    EXPECT_FALSE(spool.add(kLabels, entries_of("x")).has_value());
    const auto segment = spool.add_moved(kLabels, entries_of("x"));
    ASSERT_TRUE(segment.has_value());
    EXPECT_EQ(spool.load(*segment), entries_of("x"));
    EXPECT_EQ(spool.bytes(), segment->disk_bytes);
}

TEST_F(SpoolTest, FindsTheSegmentsOfAnEarlierProcessOldestFirst) {
    {
        Spool spool = open();
        for (int i = 0; i < 12; ++i) {
            ASSERT_TRUE(spool.add(kLabels, entries_of("line " + std::to_string(i))).has_value());
        }
    }
    Spool spool = open();
    const auto found = spool.take_found();
    ASSERT_EQ(found.size(), 12U);
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].sequence, i + 1);
        EXPECT_EQ(found[i].labels, kLabels);
        EXPECT_EQ(spool.load(found[i]), entries_of("line " + std::to_string(i)));
    }
    EXPECT_EQ(spool.segments(), 12U);
    EXPECT_TRUE(spool.take_found().empty()) << "they are handed over once";
}

TEST_F(SpoolTest, NeverUsesTheSequenceOfAFoundSegmentAgain) {
    const std::string old = add_one("old");
    Spool spool = open();
    const auto added = spool.add(kLabels, entries_of("new"));
    ASSERT_TRUE(added.has_value());
    EXPECT_EQ(added->sequence, 2U);
    EXPECT_EQ(spool.load(spool.take_found().front()), entries_of("old"));
}

TEST_F(SpoolTest, RefusesWhatWouldExceedTheCapAndSaysSo) {
    Spool spool = open(3 * kBlock + 200);
    std::size_t added = 0;
    auto segment = spool.add(kLabels, entries_of("x"));
    while (segment && added < 100) {
        ++added;
        segment = spool.add(kLabels, entries_of("x"));
    }
    ASSERT_FALSE(segment.has_value());
    EXPECT_EQ(added, 3U);
    EXPECT_EQ(segment.error().code, ENOSPC);
    EXPECT_THAT(segment.error().message, HasSubstr(std::to_string(3 * kBlock + 200) + " bytes"));
    EXPECT_EQ(spool.bytes(), 3 * kBlock);
    EXPECT_EQ(names_in(path()).size(), added);
}

TEST_F(SpoolTest, TakesMoreOnceThereIsRoomAgain) {
    Spool spool = open(kBlock + 150);
    const auto first = spool.add(kLabels, entries_of("x"));
    ASSERT_TRUE(first.has_value());
    ASSERT_FALSE(spool.add(kLabels, entries_of("x")).has_value());
    spool.remove(*first);
    EXPECT_TRUE(spool.add(kLabels, entries_of("x")).has_value());
}

TEST_F(SpoolTest, CountsFoundSegmentsAgainstTheCap) {
    static_cast<void>(add_one("x"));
    Spool spool = open(kBlock + 150);
    EXPECT_GT(spool.bytes(), 0U);
    EXPECT_FALSE(spool.add(kLabels, entries_of("x")).has_value());
}

TEST_F(SpoolTest, RemovesTemporaryFilesThatAKilledProcessLeft) {
    static_cast<void>(add_one("x"));
    write_file(path() + "/00000000000000000002.push.zst.tmp", "half a segm");
    Spool spool = open();
    EXPECT_EQ(spool.take_found().size(), 1U);
    EXPECT_THAT(names_in(path()), ElementsAre("00000000000000000001.push.zst"));
    EXPECT_TRUE(spool.damaged().empty());
}

TEST_F(SpoolTest, LeavesFilesAloneThatAreNotItsOwn) {
    static_cast<void>(add_one("x"));
    write_file(path() + "/notes.txt", "mine");
    write_file(path() + "/1.push.zst", "too few digits");
    write_file(path() + "/0000000000000000000x.push.zst", "no number");
    Spool spool = open();
    EXPECT_EQ(spool.take_found().size(), 1U);
    EXPECT_TRUE(spool.damaged().empty());
    EXPECT_EQ(names_in(path()).size(), 4U);
}

TEST_F(SpoolTest, SetsASegmentAsideThatIsCutAtAnyLength) {
    const std::string file = add_one("a line that is long enough to fill some bytes");
    const std::string whole = read_file(file);
    ASSERT_GT(whole.size(), 50U);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        fs::remove(file + ".damaged");
        write_file(file, whole.substr(0, length));
        Spool spool = open();
        EXPECT_TRUE(spool.take_found().empty()) << length;
        EXPECT_THAT(spool.damaged(), ElementsAre("00000000000000000001.push.zst")) << length;
        EXPECT_THAT(names_in(path()), ElementsAre("00000000000000000001.push.zst.damaged"));
        EXPECT_EQ(spool.bytes(), 0U);
        EXPECT_EQ(spool.segments(), 0U);
    }
}

TEST_F(SpoolTest, NeverTakesASegmentWithAChangedBitForAnother) {
    const std::string file = add_one("a line that is long enough to fill some bytes");
    const std::string whole = read_file(file);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            fs::remove(file + ".damaged");
            std::string changed = whole;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
            write_file(file, changed);
            Spool spool = open();
            const auto found = spool.take_found();
            // One bit of the frame header means nothing; all else must be noticed.
            if (!found.empty()) {
                EXPECT_EQ(found.front().labels, kLabels) << at << " bit " << bit;
                EXPECT_EQ(spool.load(found.front()),
                          entries_of("a line that is long enough to fill some bytes"))
                    << at << " bit " << bit;
            } else {
                EXPECT_EQ(spool.damaged().size(), 1U) << at << " bit " << bit;
            }
        }
    }
}

TEST_F(SpoolTest, RefusesToLoadASegmentThatWasDamagedSinceItWasWritten) {
    Spool spool = open();
    const auto segment = spool.add(kLabels, entries_of("a line of some length"));
    ASSERT_TRUE(segment.has_value());
    const std::string file = path() + "/00000000000000000001.push.zst";
    const std::string whole = read_file(file);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        write_file(file, whole.substr(0, length));
        const auto loaded = spool.load(*segment);
        ASSERT_FALSE(loaded.has_value()) << length;
        EXPECT_EQ(loaded.error().code, 0) << "no trouble of the disk";
        EXPECT_THAT(loaded.error().message, HasSubstr(file));
    }
    fs::remove(file);
    EXPECT_EQ(spool.load(*segment).error().code, ENOENT);
}

TEST_F(SpoolTest, SetsAsideAWholeFrameOfSomethingElse) {
    std::string entries = entries_of("x");
    const std::string cut_entry = entries.substr(0, entries.size() - 3);
    const std::pair<const char*, std::string> cases[] = {
        {"no protobuf", "just some text of no meaning"},
        {"a request without a stream", ""},
        {"a stream without entries", push_request(kLabels, "")},
        {"an entry that ends too early", push_request(kLabels, cut_entry)},
    };
    for (const auto& [says, request] : cases) {
        fs::create_directories(path());
        fs::remove(path() + "/00000000000000000007.push.zst.damaged");
        write_file(path() + "/00000000000000000007.push.zst", frame_of(request));
        Spool spool = open();
        EXPECT_TRUE(spool.take_found().empty()) << says;
        EXPECT_EQ(spool.damaged().size(), 1U) << says;
    }
}

TEST_F(SpoolTest, RefusesAFrameThatClaimsToBeHuge) {
    const std::string bomb = frame_of(std::string(65U << 20U, '\0'));
    ASSERT_LT(bomb.size(), 100'000U);
    fs::create_directories(path());
    write_file(path() + "/00000000000000000001.push.zst", bomb);
    EXPECT_EQ(open().damaged().size(), 1U);
}

TEST_F(SpoolTest, CannotOpenWhereAFileIsInTheWay) {
    folder_.append("file", "x");
    const auto spool = Spool::open(folder_.file("file") + "/spool", kRoomy);
    ASSERT_FALSE(spool.has_value());
    EXPECT_THAT(spool.error().message, HasSubstr(folder_.file("file")));
}

TEST_F(SpoolTest, SaysWhyABatchCannotBeWrittenAndStaysUsable) {
    Spool spool = open();
    fs::remove_all(path());
    const auto segment = spool.add(kLabels, entries_of("x"));
    ASSERT_FALSE(segment.has_value());
    EXPECT_EQ(segment.error().code, ENOENT);
    EXPECT_THAT(segment.error().message, HasSubstr(path()));
    EXPECT_EQ(spool.bytes(), 0U);
    EXPECT_EQ(spool.segments(), 0U);
    fs::create_directories(path());
    EXPECT_TRUE(spool.add(kLabels, entries_of("x")).has_value());
}

}  // namespace
}  // namespace exporter
