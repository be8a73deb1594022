// SPDX-License-Identifier: MIT
#include "bridge/settings/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(ConfigFileTest, ReadsNamesValuesAndLineNumbers) {
    const test_support::TempDir folder;
    const auto lines = read_config_file(folder.append("config",
                                                      "# a comment = ignored\n"
                                                      "\n"
                                                      "  loki-url =  http://loki.example:3100 \r\n"
                                                      "label = a=b=c\n"
                                                      "label=\" spaces stay \"\n"
                                                      "\t# another\n"
                                                      "empty =\n"
                                                      "quote = \"\n"
                                                      "tail = no newline"));
    ASSERT_TRUE(lines.has_value());
    ASSERT_THAT(*lines, SizeIs(6));
    EXPECT_EQ((*lines)[0].name, "loki-url");
    EXPECT_EQ((*lines)[0].value, "http://loki.example:3100");
    EXPECT_EQ((*lines)[0].line_number, 3);
    EXPECT_EQ((*lines)[1].value, "a=b=c");
    EXPECT_EQ((*lines)[2].value, " spaces stay ");
    EXPECT_EQ((*lines)[3].value, "");
    EXPECT_EQ((*lines)[4].value, "\"");
    EXPECT_EQ((*lines)[5].value, "no newline");
    EXPECT_EQ((*lines)[5].line_number, 9);
}

TEST(ConfigFileTest, AnEmptyFileSetsNothing) {
    const test_support::TempDir folder;
    const auto lines = read_config_file(folder.append("config", ""));
    ASSERT_TRUE(lines.has_value());
    EXPECT_THAT(*lines, IsEmpty());
}

TEST(ConfigFileTest, NamesFileAndLineOfWhatItCannotRead) {
    const test_support::TempDir folder;
    const std::string path = folder.append("config", "# fine\nloki-url http://loki.example\n");
    const auto lines = read_config_file(path);
    ASSERT_FALSE(lines.has_value());
    EXPECT_THAT(lines.error().message, HasSubstr(path + " line 2"));
    EXPECT_THAT(lines.error().message, HasSubstr("name = value"));
}

TEST(ConfigFileTest, NamesAFileThatIsNotThere) {
    const test_support::TempDir folder;
    const auto lines = read_config_file(folder.file("none"));
    ASSERT_FALSE(lines.has_value());
    EXPECT_THAT(lines.error().message, HasSubstr("--config"));
    EXPECT_THAT(lines.error().message, HasSubstr(folder.file("none")));
    EXPECT_EQ(lines.error().code, ENOENT);
    EXPECT_FALSE(read_config_file(folder.path()).has_value()) << "a folder";
}

}  // namespace
}  // namespace bridge
