// SPDX-License-Identifier: MIT
#include "tailer/lines/line_reader.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace tailer {
namespace {

using Tail = LineReader::Tail;
constexpr std::size_t kLongest = LineReader::kLongestLine;

/// A line that owns its text.
struct Given {
    std::string text;
    std::uint64_t begin;
    std::uint64_t end;
    bool too_long;
};

/// A file that grows, and a reader that goes on where it was, as a file is read that is closed
/// between two growths.
class LineReaderTest : public testing::Test {
protected:
    void write(std::string_view content) {
        path_ = dir_.append("log", content);
        fd_ = base::UniqueFd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    }
    /// Gives the file a hole up to `size`.
    void grow_by_hole(std::uint64_t size) {
        write("");
        std::filesystem::resize_file(path_, size);
    }

    std::vector<Given> read(Tail tail = Tail::HoldBack) {
        std::vector<Given> lines;
        reader_.start(fd_.get(), offset_, inside_long_line_, tail);
        while (true) {
            const auto line = reader_.next();
            if (!line) {
                ADD_FAILURE() << line.error().message;
                break;
            }
            if (!*line) {
                break;
            }
            lines.push_back(
                {std::string((*line)->text), (*line)->begin, (*line)->end, (*line)->too_long});
        }
        offset_ = reader_.offset();
        inside_long_line_ = reader_.inside_long_line();
        return lines;
    }

    std::vector<std::string> texts(Tail tail = Tail::HoldBack) {
        std::vector<std::string> texts;
        for (auto& line : read(tail)) {
            texts.push_back(std::move(line.text));
        }
        return texts;
    }

    test_support::TempDir dir_;
    std::string path_;
    base::UniqueFd fd_;
    LineReader reader_;
    std::uint64_t offset_ = 0;
    bool inside_long_line_ = false;
};

using Texts = std::vector<std::string>;

TEST_F(LineReaderTest, GivesEachLineWithItsPlaceInTheFile) {
    write("one\n\nthree\n");
    const auto lines = read();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].text, "one");
    EXPECT_EQ(lines[0].begin, 0U);
    EXPECT_EQ(lines[0].end, 4U);
    EXPECT_EQ(lines[1].text, "");
    EXPECT_EQ(lines[1].begin, 4U);
    EXPECT_EQ(lines[1].end, 5U);
    EXPECT_EQ(lines[2].text, "three");
    EXPECT_EQ(lines[2].begin, 5U);
    EXPECT_EQ(lines[2].end, 11U);
    EXPECT_EQ(offset_, 11U);
    EXPECT_EQ(reader_.bytes_read(), 11U);
}

TEST_F(LineReaderTest, AnEmptyFileHasNoLine) {
    write("");
    EXPECT_EQ(texts(Tail::HoldBack), Texts{});
    EXPECT_EQ(texts(Tail::IsLine), Texts{});
}

TEST_F(LineReaderTest, KeepsPartialLineUntilItsNewlineArrives) {
    write("one\ntw");
    EXPECT_EQ(texts(), Texts{"one"});
    EXPECT_EQ(offset_, 4U) << "a reader that starts anew must see the whole line";
    EXPECT_EQ(texts(), Texts{});
    write("o");
    EXPECT_EQ(texts(), Texts{});
    write("\nthree\n");
    EXPECT_EQ(texts(), (Texts{"two", "three"}));
}

TEST_F(LineReaderTest, TakesAnUnterminatedTailWhenTheFileIsComplete) {
    write("one\ntwo");
    const auto lines = read(Tail::IsLine);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[1].text, "two");
    EXPECT_EQ(lines[1].begin, 4U);
    EXPECT_EQ(lines[1].end, 7U);
    EXPECT_EQ(offset_, 7U);
    EXPECT_EQ(texts(Tail::IsLine), Texts{});
}

TEST_F(LineReaderTest, LeavesCarriageReturnsToTheParser) {
    write("one\r\ntwo\r\n");
    EXPECT_EQ(texts(), (Texts{"one\r", "two\r"}));
}

TEST_F(LineReaderTest, StartsAtAnyOffset) {
    write("one\ntwo\nthree\n");
    offset_ = 4;
    const auto lines = read();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].text, "two");
    EXPECT_EQ(lines[0].begin, 4U);
    EXPECT_EQ(lines[1].end, 14U);
}

TEST_F(LineReaderTest, AnOffsetBehindTheEndHasNoLine) {
    write("one\n");
    offset_ = 1000;
    EXPECT_EQ(texts(Tail::IsLine), Texts{});
}

TEST_F(LineReaderTest, ReadsAFileOfManyBuffersInWhole) {
    std::string content;
    Texts expected;
    for (int i = 0; content.size() < 5 * kLongest; ++i) {
        expected.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i % 977), 'x'));
        content += expected.back() + "\n";
    }
    write(content);
    EXPECT_TRUE(texts() == expected);
    EXPECT_EQ(offset_, content.size());
    EXPECT_EQ(reader_.bytes_read(), content.size());
}

TEST_F(LineReaderTest, ALineOfTheGreatestLengthIsALineAndOneByteMoreIsNot) {
    write(std::string(kLongest, 'a') + "\n" + std::string(kLongest + 1, 'b') + "\nnext\n");
    const auto lines = read();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_FALSE(lines[0].too_long);
    EXPECT_EQ(lines[0].text.size(), kLongest);
    EXPECT_TRUE(lines[1].too_long);
    EXPECT_EQ(lines[1].end, 2 * kLongest + 3);
    EXPECT_FALSE(lines[2].too_long);
    EXPECT_EQ(lines[2].text, "next");
    EXPECT_EQ(lines[2].begin, 2 * kLongest + 3);
}

TEST_F(LineReaderTest, TheVerdictOnALengthDoesNotDependOnHowTheLineGrew) {
    write(std::string(kLongest - 1, 'a'));
    EXPECT_EQ(texts(), Texts{});
    write("a");
    EXPECT_EQ(texts(), Texts{});
    write("\n" + std::string(kLongest, 'b'));
    EXPECT_EQ(read().size(), 1U);
    write("b");
    EXPECT_EQ(texts(), Texts{});
    write("\nnext\n");
    const auto lines = read();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[0].too_long);
    EXPECT_EQ(lines[1].text, "next");
}

TEST_F(LineReaderTest, ReportsAnOverLongLineOnceAndReadsOn) {
    const std::string giant(5 * kLongest, 'x');
    write("one\n" + giant + "\nthree\n");
    const auto lines = read();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].text, "one");
    EXPECT_TRUE(lines[1].too_long);
    EXPECT_EQ(lines[1].end, 4 + giant.size() + 1);
    EXPECT_EQ(lines[2].text, "three");
    EXPECT_FALSE(lines[2].too_long);
}

TEST_F(LineReaderTest, SkipsAnOverLongLineThatGrowsInPieces) {
    write("one\n");
    EXPECT_EQ(texts(), Texts{"one"});
    std::uint64_t size = 4;
    for (int i = 0; i < 12; ++i) {
        write(std::string(100'000, 'x'));
        size += 100'000;
        EXPECT_EQ(texts(), Texts{}) << i;
    }
    EXPECT_TRUE(inside_long_line_);
    EXPECT_EQ(offset_, size) << "what was skipped is not read again";
    EXPECT_LE(reader_.bytes_read(), 2 * size);
    write("x\nthree\n");
    const auto lines = read();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[0].too_long);
    EXPECT_EQ(lines[0].end, size + 2);
    EXPECT_EQ(lines[1].text, "three");
    EXPECT_FALSE(inside_long_line_);
}

TEST_F(LineReaderTest, AnOverLongLineMayEndRightWhereItWasLeft) {
    write(std::string(3 * kLongest, 'x'));
    EXPECT_EQ(texts(), Texts{});
    write("\nnext\n");
    const auto lines = read();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[0].too_long);
    EXPECT_EQ(lines[1].text, "next");
}

TEST_F(LineReaderTest, ReportsAnOverLongTailOfACompleteFileOnce) {
    write("one\n" + std::string(3 * kLongest, 'x'));
    const auto lines = read(Tail::IsLine);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[1].too_long);
    EXPECT_EQ(lines[1].end, 4 + 3 * kLongest);
    EXPECT_EQ(texts(Tail::IsLine), Texts{});
}

TEST_F(LineReaderTest, PassesOverTheHoleThatATruncationLeaves) {
    write(std::string(1000, '\0') + "one\n" + std::string(10, '\0') + "two\n");
    const auto lines = read();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].text, "one");
    EXPECT_EQ(lines[0].begin, 1000U);
    EXPECT_EQ(lines[0].end, 1004U);
    EXPECT_EQ(lines[1].text, "two");
    EXPECT_EQ(lines[1].begin, 1014U);
}

TEST_F(LineReaderTest, PassesOverAHoleOfManyBuffers) {
    grow_by_hole(7 * kLongest + 13);
    EXPECT_EQ(texts(), Texts{});
    EXPECT_FALSE(inside_long_line_) << "a hole is no long line";
    write("one\n");
    const auto lines = read();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].text, "one");
    EXPECT_EQ(lines[0].begin, 7 * kLongest + 13);
    EXPECT_FALSE(lines[0].too_long);
}

TEST_F(LineReaderTest, AHoleCostsNoMoreThanWhatIsInTheFile) {
    constexpr std::uint64_t kTerabyte = 1ULL << 40U;
    grow_by_hole(kTerabyte);
    write("behind\n" + std::string(kLongest + 1, 'x'));
    grow_by_hole(2 * kTerabyte);
    write("\nagain\n");
    const auto lines = read();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].text, "behind");
    EXPECT_EQ(lines[0].begin, kTerabyte);
    EXPECT_TRUE(lines[1].too_long);
    EXPECT_EQ(lines[2].text, "again");
    EXPECT_EQ(lines[2].begin, 2 * kTerabyte + 1);
    EXPECT_LT(reader_.bytes_read(), 4U << 20U);
}

TEST_F(LineReaderTest, AHoleIsNoLineOfACompleteFile) {
    grow_by_hole(1000);
    EXPECT_EQ(texts(Tail::IsLine), Texts{});
}

TEST_F(LineReaderTest, KeepsNulBytesWithinALine) {
    write(std::string("a\0b\0\n", 5));
    EXPECT_EQ(texts(), Texts{std::string("a\0b\0", 4)});
}

TEST_F(LineReaderTest, ReadsAnotherFileWithTheSameBuffer) {
    write("one\nrest of the first");
    EXPECT_EQ(texts(), Texts{"one"});
    const std::string other = dir_.append("other", "two\n");
    const base::UniqueFd fd(::open(other.c_str(), O_RDONLY | O_CLOEXEC));
    reader_.start(fd.get(), 0, false, Tail::HoldBack);
    const auto line = reader_.next();
    ASSERT_TRUE(line && *line);
    EXPECT_EQ((*line)->text, "two");
}

TEST_F(LineReaderTest, TellsOfAFileThatCannotBeRead) {
    const base::UniqueFd folder(::open(dir_.path().c_str(), O_RDONLY | O_CLOEXEC));
    reader_.start(folder.get(), 0, false, Tail::HoldBack);
    const auto line = reader_.next();
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().code, EISDIR);
}

}  // namespace
}  // namespace tailer
