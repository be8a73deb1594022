// SPDX-License-Identifier: MIT
// coder-templates/README.md, followed word for word.
#include <filesystem>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/templates/plan.h"

namespace templates {
namespace {

using test_support::read_file;
using testing::HasSubstr;
using testing::SizeIs;

const std::string kTemplates = BOUNDARY_LOKI_SOURCE_DIR "/coder-templates/";

/// The code blocks of the page in this language, in order.
std::vector<std::string> blocks(const std::string& language) {
    std::vector<std::string> found;
    std::istringstream page(read_file(kTemplates + "README.md"));
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
        if (inside && line == "```") {
            inside = false;
        } else if (inside) {
            found.back() += line + "\n";
        } else if (line == "```" + language) {
            inside = true;
            found.emplace_back();
        }
    }
    return found;
}

/// What an engineer has: the least that is a template.
constexpr const char* kMinimal =
    "terraform {\n  required_providers {\n    coder = { source = \"coder/coder\" }\n  }\n}\n\n"
    "resource \"coder_agent\" \"main\" {\n  os   = \"linux\"\n  arch = \"amd64\"\n}\n\n";

class ReadmeTest : public testing::Test {
protected:
    ReadmeTest() {
        std::filesystem::create_directory_symlink(kTemplates, tofu_.file("coder-templates"));
    }
    /// Runs a block in a checkout, but for what needs a Coder.
    void follow(const std::string& block) const {
        const auto result = test_support::run_command(
            {"sh", "-ec", "cd '" + tofu_.file(".") + "'; coder() { test -d \"$5\"; }\n" + block});
        EXPECT_EQ(result.status, 0) << block << result.errors;
    }

    Tofu tofu_;
};

TEST_F(ReadmeTest, AnExistingTemplateIsStillValidWithTheModule) {
    const auto modules = blocks("hcl");
    const auto commands = blocks("sh");
    ASSERT_THAT(modules, SizeIs(2));
    ASSERT_THAT(commands, SizeIs(3));
    EXPECT_LT(std::ranges::count(modules[0], '\n'), 10);
    std::filesystem::create_directory(tofu_.file("my-template"));
    follow(commands[0]);
    for (const auto& module : modules) {
        tofu_.write("my-template/main.tf", kMinimal + module);
        EXPECT_EQ(tofu_.validated("my-template"), "") << module;
        EXPECT_EQ(tofu_.run("fmt -check -diff main.tf", "my-template").output, "");
        EXPECT_EQ(tofu_.run("plan -no-color -input=false", "my-template", provisioner_environment())
                      .status,
                  0);
    }
}

TEST_F(ReadmeTest, TheTemplatesAreWholeOnceCopied) {
    const auto commands = blocks("sh");
    ASSERT_THAT(commands, SizeIs(3));
    follow(commands[1]);
    prepare(tofu_, "my-agents");
    EXPECT_EQ(tofu_.validated("my-agents"), "");
    follow(commands[2]);
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(tofu_.file("my-claude"))) {
        EXPECT_FALSE(entry.is_symlink()) << entry.path();
    }
    EXPECT_TRUE(std::filesystem::exists(tofu_.file("my-claude/boundary-loki/scripts/start.sh")));
}

/// The text that a recording shows.
std::string told_by(const std::string& cast) {
    const auto told = test_support::run_command(
        {"sh", "-c",
         "tail -n +2 '" + cast +
             "' | jq -rj '.[2] | gsub(\"\\u001b\\\\[[0-9]*m\"; \"\") | gsub(\"\\r\"; \"\")'"});
    EXPECT_EQ(told.status, 0) << told.errors;
    return told.output;
}

TEST_F(ReadmeTest, TheTranscriptIsThatOfTheRecording) {
    const auto shown = blocks("console");
    ASSERT_THAT(shown, SizeIs(1));
    EXPECT_EQ(told_by(kTemplates + "deny.cast"), shown[0]);
    EXPECT_THAT(shown[0], HasSubstr("msg=DENY"));
}

TEST_F(ReadmeTest, RecordedAnewItShowsTheSame) {
    // What is another one each time: instants, sessions, ids.
    const auto lasting = [](std::string text) {
        text = std::regex_replace(text, std::regex("boundary-[0-9_-]+"), "SESSION");
        text = std::regex_replace(text, std::regex("[0-9-]{10}T[0-9:.]+Z"), "INSTANT");
        return std::regex_replace(text, std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
                                  "ID");
    };
    const std::string cast = tofu_.file("anew.cast");
    const auto recorded = test_support::run_command(
        {"sh", "-c",
         "export BOUNDARY_LOKI_BUILD_DIR='" BOUNDARY_LOKI_BUILD_DIR
         "'; exec bash '" BOUNDARY_LOKI_SOURCE_DIR "/tests/templates/record.sh' '" +
             cast + "'"});
    ASSERT_EQ(recorded.status, 0) << recorded.errors;
    EXPECT_EQ(lasting(told_by(cast)), lasting(blocks("console").at(0)));
}

}  // namespace
}  // namespace templates
