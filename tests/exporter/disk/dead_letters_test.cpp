// SPDX-License-Identifier: MIT
#include "exporter/disk/dead_letters.h"

#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/stat.h>

#include "tests/support/file_size_limit.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace exporter {
namespace {

using test_support::FileSizeLimit;
using test_support::TempDir;
using testing::HasSubstr;

class DeadLettersTest : public testing::Test {
protected:
    [[nodiscard]] DeadLetters open() const {
        auto letters = DeadLetters::open(folder_.file("dead"));
        EXPECT_TRUE(letters.has_value());
        return std::move(*letters);
    }
    [[nodiscard]] std::string path() const { return folder_.file("dead/rejected.ndjson"); }
    [[nodiscard]] std::vector<std::string> lines() const {
        std::istringstream text(test_support::read_file(path()));
        std::vector<std::string> lines;
        for (std::string line; std::getline(text, line);) {
            lines.push_back(line);
        }
        return lines;
    }

    TempDir folder_;
};

const base::Labels kRejectedLabels = {{"decision", "deny"}, {"job", "boundary"}};

TEST_F(DeadLettersTest, KeepsARejectedEntryWithReasonAndDetail) {
    DeadLetters letters = open();
    const DecodedEntry entry{1'781'006'400'000'000'005,
                             "a \"line\"\\ with \x01 and \xFF",
                             {{"domain", "h.example"}, {"rule", "a\nb"}}};
    ASSERT_TRUE(
        letters.add_rejected(kRejectedLabels, entry, "too_far_behind", "the server's \"words\""));
    ASSERT_TRUE(letters.sync());
    ASSERT_EQ(lines().size(), 1U);
    simdjson::dom::parser parser;
    const simdjson::dom::element letter = parser.parse(lines()[0]);
    EXPECT_EQ(std::string_view(letter["reason"]), "too_far_behind");
    EXPECT_EQ(std::string_view(letter["detail"]), "the server's \"words\"");
    EXPECT_EQ(std::string_view(letter["stream"]["decision"]), "deny");
    EXPECT_EQ(std::string_view(letter["stream"]["job"]), "boundary");
    EXPECT_EQ(std::string_view(letter["timestamp"]), "1781006400000000005");
    EXPECT_EQ(std::string_view(letter["line"]), "a \"line\"\\ with \x01 and \xEF\xBF\xBD");
    EXPECT_EQ(std::string_view(letter["structured_metadata"]["domain"]), "h.example");
    EXPECT_EQ(std::string_view(letter["structured_metadata"]["rule"]), "a\nb");
}

TEST_F(DeadLettersTest, KeepsAnUnparsedLineWithItsSession) {
    DeadLetters letters = open();
    ASSERT_TRUE(letters.add_unparsed("boundary-x", "no\tkey\x7F\xC3", "no_key"));
    simdjson::dom::parser parser;
    const simdjson::dom::element letter = parser.parse(lines().at(0));
    EXPECT_EQ(std::string_view(letter["reason"]), "no_key");
    EXPECT_EQ(std::string_view(letter["session"]), "boundary-x");
    EXPECT_EQ(std::string_view(letter["text"]), "no\tkey\x7F\xEF\xBF\xBD");
}

TEST_F(DeadLettersTest, AddsToWhatIsThere) {
    ASSERT_TRUE(open().add_unparsed("s", "one", "r"));
    ASSERT_TRUE(open().add_unparsed("s", "two", "r"));
    EXPECT_EQ(lines().size(), 2U);
}

TEST_F(DeadLettersTest, KeepsItsFilePrivate) {
    ASSERT_TRUE(open().add_unparsed("s", "one", "r"));
    struct stat info {};
    ASSERT_EQ(::stat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat(folder_.file("dead").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(DeadLettersTest, CannotOpenWhereAFileIsInTheWay) {
    folder_.append("file", "x");
    const auto letters = DeadLetters::open(folder_.file("file"));
    ASSERT_FALSE(letters.has_value());
    EXPECT_THAT(letters.error().message, HasSubstr(folder_.file("file")));
}

TEST_F(DeadLettersTest, FollowsNoLink) {
    const std::string target = folder_.append("target", "");
    std::filesystem::create_directories(folder_.file("dead"));
    std::filesystem::create_symlink(target, path());
    EXPECT_FALSE(DeadLetters::open(folder_.file("dead")).has_value());
}

TEST_F(DeadLettersTest, SaysWhyALetterCannotBeWritten) {
    DeadLetters letters = open();
    const FileSizeLimit limit(0);
    const auto written = letters.add_unparsed("s", "text", "r");
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().code, EFBIG);
    EXPECT_THAT(written.error().message, HasSubstr(path()));
}

TEST_F(DeadLettersTest, ALetterThatWasCutSpoilsNoOther) {
    DeadLetters letters = open();
    ASSERT_TRUE(letters.add_unparsed("s", "before", "r"));
    {
        const FileSizeLimit limit(std::filesystem::file_size(path()) + 10);
        EXPECT_FALSE(letters.add_unparsed("s", "cut", "r").has_value());
    }
    ASSERT_TRUE(letters.add_unparsed("s", "after", "r"));
    simdjson::dom::parser parser;
    std::vector<std::string> whole;
    for (const auto& line : lines()) {
        simdjson::dom::element letter;
        if (parser.parse(line).get(letter) == simdjson::SUCCESS) {
            whole.emplace_back(std::string_view(letter["text"]));
        }
    }
    EXPECT_THAT(whole, testing::ElementsAre("before", "after"));
}

TEST_F(DeadLettersTest, ALetterThatAPowerCutToreSpoilsNoOther) {
    ASSERT_TRUE(open().add_unparsed("s", "before", "r"));
    std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - 5);
    ASSERT_TRUE(open().add_unparsed("s", "after", "r"));
    simdjson::dom::parser parser;
    const simdjson::dom::element letter = parser.parse(lines().back());
    EXPECT_EQ(std::string_view(letter["text"]), "after");
}

}  // namespace
}  // namespace exporter
