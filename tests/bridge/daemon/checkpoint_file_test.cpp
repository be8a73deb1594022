// SPDX-License-Identifier: MIT
#include "bridge/daemon/checkpoint_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include "tests/support/file_size_limit.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using tailer::CompactName;

class CheckpointFileTest : public testing::Test {
protected:
    [[nodiscard]] std::string path() const { return folder_.file("checkpoint"); }
    [[nodiscard]] static CheckpointFile::Fill whole(std::uint64_t files) {
        return [files](CheckpointWriter& writer) {
            writer.begin_whole(false);
            for (std::uint64_t i = 1; i <= files; ++i) {
                writer.file("/logs", {CompactName("log-" + std::to_string(i)), {i, 1}, 10});
            }
        };
    }
    [[nodiscard]] static CheckpointFile::Fill change(std::uint64_t inode, std::uint64_t offset) {
        return [inode, offset](CheckpointWriter& writer) {
            writer.begin_changes(false);
            writer.file("/logs", {CompactName("log-" + std::to_string(inode)), {inode, 1}, offset});
        };
    }
    /// Offset on disk of a file; nothing when there is no such file.
    [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t inode) const {
        const auto loaded = CheckpointFile(path()).load().value().value();
        const auto known = loaded.files.find("/logs");
        if (known == loaded.files.end()) {
            return std::nullopt;
        }
        const auto file = std::ranges::find_if(known->second, [inode](const auto& progress) {
            return progress.identity.inode == inode;
        });
        return file == known->second.end() ? std::nullopt : std::optional(file->offset);
    }

    test_support::TempDir folder_;
};

TEST_F(CheckpointFileTest, TheFirstSaveIsWholeAndChangesFollow) {
    CheckpointFile file(path());
    EXPECT_FALSE(file.load().value().has_value());
    ASSERT_TRUE(file.wants_whole());
    ASSERT_TRUE(file.save_whole(whole(2)).has_value());
    ASSERT_FALSE(file.wants_whole());
    ASSERT_TRUE(file.append(change(2, 20)).has_value());
    ASSERT_TRUE(file.append(change(3, 30)).has_value());
    EXPECT_EQ(offset_of(1), 10U);
    EXPECT_EQ(offset_of(2), 20U);
    EXPECT_EQ(offset_of(3), 30U);
}

TEST_F(CheckpointFileTest, AnotherProcessBeginsWithAWholeOne) {
    {
        CheckpointFile file(path());
        ASSERT_TRUE(file.save_whole(whole(1)).has_value());
    }
    CheckpointFile file(path());
    ASSERT_TRUE(file.load().value().has_value());
    EXPECT_TRUE(file.wants_whole()) << "what it knows may be less than what stands there";
}

TEST_F(CheckpointFileTest, WhatAChangeCostsDoesNotGrowWithTheFilesThatAreKnown) {
    const auto bytes_of_a_change = [this](std::uint64_t files) {
        CheckpointFile file(path());
        EXPECT_TRUE(file.save_whole(whole(files)).has_value());
        const auto before = fs::file_size(path());
        EXPECT_TRUE(file.append(change(1, 20)).has_value());
        return fs::file_size(path()) - before;
    };
    const auto few = bytes_of_a_change(1);
    const auto many = bytes_of_a_change(20'000);
    EXPECT_LE(many, few + 8) << "the sums may differ in their digits";
}

TEST_F(CheckpointFileTest, WhatIsAppendedStaysWithinWhatWasWrittenWhole) {
    CheckpointFile file(path());
    ASSERT_TRUE(file.save_whole(whole(2000)).has_value());
    const auto size = fs::file_size(path());
    ASSERT_GT(size, CheckpointFile::kLeastRoom);
    std::uint64_t appended = 0;
    while (!file.wants_whole()) {
        ASSERT_TRUE(file.append(change(++appended, 20)).has_value());
    }
    EXPECT_GE(fs::file_size(path()), 2 * size);
    EXPECT_LE(fs::file_size(path()), 2 * size + 1000);
    EXPECT_GT(appended, 500U);
}

TEST_F(CheckpointFileTest, AChangeThatWasWrittenInPartIsFollowedByAWholeOne) {
    CheckpointFile file(path());
    ASSERT_TRUE(file.save_whole(whole(2)).has_value());
    {
        const test_support::FileSizeLimit full(fs::file_size(path()) + 10);
        EXPECT_FALSE(file.append(change(2, 20)).has_value());
        EXPECT_EQ(offset_of(2), 10U) << "what was saved before holds";
        ASSERT_TRUE(file.wants_whole());
        EXPECT_FALSE(file.save_whole(whole(200)).has_value());
        EXPECT_EQ(offset_of(2), 10U);
        EXPECT_TRUE(file.wants_whole());
    }
    ASSERT_TRUE(file.save_whole(whole(3)).has_value());
    EXPECT_EQ(offset_of(3), 10U);
    EXPECT_FALSE(fs::exists(path() + ".tmp"));
}

TEST_F(CheckpointFileTest, TellsWhatItCannotRead) {
    const auto code_at = [](const std::string& path) {
        const auto loaded = CheckpointFile(path).load();
        EXPECT_FALSE(loaded);
        return loaded ? 0 : loaded.error().code;
    };
    EXPECT_EQ(code_at("/proc/self/mem"), EIO) << "nothing is mapped at its beginning";
    ASSERT_TRUE(CheckpointFile(path()).save_whole(whole(1)).has_value());
    fs::resize_file(path(), (std::uint64_t{512} << 20U) + 1);
    EXPECT_EQ(code_at(path()), EFBIG);
}

}  // namespace
}  // namespace bridge
