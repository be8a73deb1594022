// SPDX-License-Identifier: MIT
#include "bridge/doctor/program.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace bridge::doctor {
namespace {

using test_support::TempDir;

Environment path_of(std::string folders) {
    return [folders = std::move(folders)](std::string_view name) {
        return name == "PATH" ? std::optional(folders) : std::nullopt;
    };
}

TEST(ProgramTest, FindsTheFirstOnPath) {
    const TempDir empty;
    const TempDir folder;
    const std::string path = folder.append("boundary", "#!/bin/sh\n");
    EXPECT_EQ(find_program("boundary", path_of(empty.path() + ":" + folder.path())), std::nullopt)
        << "a file that may not be executed is no program";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    EXPECT_EQ(find_program("boundary", path_of(empty.path() + ":" + folder.path())), path);
    EXPECT_EQ(find_program("boundary", path_of(empty.path())), std::nullopt);
    std::filesystem::create_directory(empty.file("boundary"));
    EXPECT_EQ(find_program("boundary", path_of(empty.path())), std::nullopt) << "nor is a folder";
    EXPECT_EQ(find_program(path, path_of("")), path) << "a path stands for itself";
}

TEST(ProgramTest, GivesWhatIsPrintedOnStdout) {
    EXPECT_EQ(output_of({"/bin/sh", "-c", "echo one; echo two >&2"}, std::chrono::seconds(60)),
              "one\n");
}

TEST(ProgramTest, GivesNothingOfAProgramThatCannotBeRun) {
    EXPECT_EQ(output_of({"/no/such/program"}, std::chrono::seconds(60)), "");
}

TEST(ProgramTest, DoesNotWaitForOneThatHangs) {
    EXPECT_EQ(
        output_of({"/bin/sh", "-c", "echo early; exec sleep 600"}, std::chrono::milliseconds(1)),
        "");
}

TEST(ProgramTest, TakesAnEndlessOutputForFourKibibytes) {
    EXPECT_EQ(output_of({"/bin/sh", "-c", "exec yes"}, std::chrono::seconds(60)).size(), 0U)
        << "it had to be killed";
}

}  // namespace
}  // namespace bridge::doctor
