// SPDX-License-Identifier: MIT
#include "bridge/suggest/suggest_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/boundary_lines.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using test_support::RunResult;
using test_support::TempDir;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto kLogName = "boundary-2026-06-09_12-00-00-1.log";

std::string deny(const std::string& url, const std::string& second = "00") {
    return test_support::deny_line("2026-06-09T12:00:" + second + ".250Z", '"' + url + '"');
}

std::string allow(const std::string& url, const std::string& rule) {
    return test_support::allow_line("2026-06-09T12:00:00.250Z", url, "h.example", rule);
}

RunResult suggest_for(const std::string& logs, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {BOUNDARY_LOKI_BINARY, "suggest", logs};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test_support::run_command(arguments);
}

TEST(SuggestCommandTest, PrintsWhatCanBePasted) {
    const TempDir folder;
    const auto log = folder.append(
        kLogName, deny("https://h.example/a") + deny("https://h.example/a?token=s3cr3t"));
    EXPECT_EQ(suggest_for(log).output,
              "# 2 requests denied, 2026-06-09T12:00:00.25Z to 2026-06-09T12:00:00.25Z.\n"
              "# These rules would have let through 2 of them. Read each before you allow it:\n"
              "# what was denied may be what an agent must not do.\n"
              "allowlist:\n"
              "  # 2 requests\n"
              "  - \"method=GET domain=h.example path=/a\"\n");
}

TEST(SuggestCommandTest, ASecretInThePathIsWidened) {
    const TempDir folder;
    const auto log = folder.append(
        kLogName, deny("https://h.example/reset-password/Zk3vQ9xLm2Tb8RwY4nHc7JpD/done"));
    const auto result = suggest_for(log);
    EXPECT_THAT(result.output, AllOf(HasSubstr("domain=h.example path=/reset-password/*/done\""),
                                     HasSubstr("where a secret stood"), Not(HasSubstr("Zk3vQ9"))));
    EXPECT_THAT(suggest_for(log, {"--json"}).output, Not(HasSubstr("Zk3vQ9")));
}

TEST(SuggestCommandTest, LooksAtASpan) {
    const TempDir folder;
    const auto log = folder.append(kLogName, deny("https://h.example/a", "01") +
                                                 deny("https://h.example/b", "02") +
                                                 deny("https://h.example/c", "03"));
    EXPECT_THAT(
        suggest_for(log, {"--since", "2026-06-09T12:00:02Z", "--until", "2026-06-09T12:00:03Z"})
            .output,
        HasSubstr("path=/b\""));
}

TEST(SuggestCommandTest, NamesRulesThatNothingUsed) {
    const TempDir folder;
    const auto config = folder.append(
        "config.yaml",
        "log_level: info\nallowlist:\n  - domain=used.example\n  - \"domain=never.example\"\n"
        "  - method=GET domain=h.example path=/later\n");
    const auto log = folder.append(kLogName, allow("https://used.example/", "domain=used.example") +
                                                 deny("https://h.example/later") +
                                                 deny("https://h.example/new"));
    const auto result = suggest_for(log, {"--boundary-config", config});
    EXPECT_EQ(result.status, 0) << result.errors;
    EXPECT_THAT(
        result.output,
        AllOf(HasSubstr("path=/new\"\n"), HasSubstr("that nothing used:\n#   - domain=never"),
              HasSubstr("1 request: allowed by"), Not(HasSubstr("- domain=used"))));
}

TEST(SuggestCommandTest, WithoutAllowsNothingCanBeSaidOfRules) {
    const TempDir folder;
    const auto config = folder.append("config.yaml", "allowlist: [domain=a.example]\n");
    const auto log = folder.append(kLogName, deny("https://h.example/x"));
    EXPECT_THAT(suggest_for(log, {"--boundary-config", config}).output,
                AllOf(HasSubstr("the logs hold no ALLOW"), Not(HasSubstr("domain=a.example"))));
}

TEST(SuggestCommandTest, ABadConfigurationIsRefused) {
    const TempDir folder;
    const auto log = folder.append(kLogName, deny("https://h.example/x"));
    const auto refused = [&](const std::string& content) {
        const auto result = suggest_for(
            log, {"--boundary-config", folder.append(std::to_string(content.size()), content)});
        EXPECT_EQ(result.status, 2) << content << result.output;
        return result.errors;
    };
    EXPECT_THAT(refused("allowlist: [\"domain=github.*\"]\n"), HasSubstr("cannot end with *"));
    EXPECT_THAT(refused("allowlist: word\n"), HasSubstr("allowlist is no list"));
    EXPECT_THAT(refused("allowlist: [unclosed\n"), HasSubstr("line "));
    EXPECT_THAT(refused("allowlist: [[a]]\n"), HasSubstr("line "));
    EXPECT_THAT(refused("- a list\n"), HasSubstr("no mapping"));
    EXPECT_EQ(suggest_for(log, {"--boundary-config", "/no/such/file"}).status, 2);
    EXPECT_EQ(suggest_for(log, {"--min-count", "0"}).status, 2);
    EXPECT_EQ(suggest_for("/no/such/log").status, 2);
}

}  // namespace
}  // namespace bridge
