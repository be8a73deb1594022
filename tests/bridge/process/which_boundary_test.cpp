// SPDX-License-Identifier: MIT
#include "bridge/process/which_boundary.h"

#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using test_support::TempDir;
using testing::ElementsAre;
using testing::IsEmpty;

Environment only_path(std::string folders) {
    return [folders = std::move(folders)](std::string_view name) {
        return name == "PATH" ? std::optional(folders) : std::nullopt;
    };
}

TEST(FindProgramTest, FindsTheFirstOnPath) {
    const TempDir empty;
    const TempDir folder;
    const std::string path = folder.append("boundary", "#!/bin/sh\n");
    EXPECT_EQ(find_program("boundary", only_path(empty.path() + ":" + folder.path())), std::nullopt)
        << "a file that may not be executed is no program";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    EXPECT_EQ(find_program("boundary", only_path(empty.path() + ":" + folder.path())), path);
    EXPECT_EQ(find_program("boundary", only_path(empty.path())), std::nullopt);
    std::filesystem::create_directory(empty.file("boundary"));
    EXPECT_EQ(find_program("boundary", only_path(empty.path())), std::nullopt) << "nor is a folder";
    EXPECT_EQ(find_program(path, only_path("")), path) << "a path stands for itself";
}

class WhichBoundaryTest : public testing::Test {
protected:
    std::string program(const std::string& name) {
        std::string path = folder_.append(name, "#!/bin/sh\n");
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return path;
    }
    [[nodiscard]] std::vector<Command> commands(const std::string& given = "",
                                                const std::string& variable = "") const {
        return boundary_commands(given, [&](std::string_view name) -> std::optional<std::string> {
            if (name == "PATH") {
                return folder_.path();
            }
            return name == "BOUNDARY_LOKI_BOUNDARY" && !variable.empty() ? std::optional(variable)
                                                                         : std::nullopt;
        });
    }

    TempDir folder_;
};

TEST_F(WhichBoundaryTest, TakesWhatIsThereInItsOrder) {
    EXPECT_THAT(commands(), IsEmpty());
    const std::string coder = program("coder");
    EXPECT_THAT(commands(),
                ElementsAre(ElementsAre(coder, "agent-firewall"), ElementsAre(coder, "boundary")));
    const std::string boundary = program("boundary");
    EXPECT_THAT(commands(), ElementsAre(ElementsAre(boundary)));
}

TEST_F(WhichBoundaryTest, TakesWhatIsNamedAndNothingElse) {
    program("boundary");
    const std::string other = program("other");
    const std::string blanks = program("with blanks");
    EXPECT_THAT(commands("", "other -a  b"), ElementsAre(ElementsAre(other, "-a", "b")));
    EXPECT_THAT(commands(other, "none"), ElementsAre(ElementsAre(other)));
    EXPECT_THAT(commands(blanks), ElementsAre(ElementsAre(blanks)));
    EXPECT_THAT(commands("none"), IsEmpty());
    EXPECT_THAT(commands("", "/none/boundary"), IsEmpty());
}

}  // namespace
}  // namespace bridge
