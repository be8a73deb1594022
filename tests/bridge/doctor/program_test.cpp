// SPDX-License-Identifier: MIT
#include "bridge/doctor/program.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace bridge::doctor {
namespace {

using test_support::TempDir;

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
