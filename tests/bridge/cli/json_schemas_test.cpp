// SPDX-License-Identifier: MIT
// What the commands print for machines, against the schemas that the packages bring.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/settings/option_specs.h"
#include "bridge/verify/verdict.h"
#include "tests/bridge/cli/empty_loki.h"
#include "tests/support/fault_server.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using testing::HasSubstr;

const std::string kLogs = BOUNDARY_LOKI_SOURCE_DIR "/tests/samples/boundary_logs";

class JsonSchemasTest : public testing::Test {
protected:
    JsonSchemasTest() {
        for (const auto& spec : option_specs()) {
            if (!spec.environment.empty()) {
                environment_[std::string(spec.environment)] = "";
            }
        }
        environment_["HOME"] = folder_.path();
    }
    [[nodiscard]] std::string output(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), BOUNDARY_LOKI_BINARY);
        return test_support::run_command(arguments, environment_).output;
    }
    /// How `text` breaks the schema of this name.
    [[nodiscard]] std::string breaks(const std::string& schema, const std::string& text) const {
        const std::string source = BOUNDARY_LOKI_SOURCE_DIR;
        const auto checked =
            test_support::run_command({"sh", "-c", "exec python3 \"$1\" \"$2\" <\"$3\"", "sh",
                                       source + "/tests/bridge/cli/check_schema.py",
                                       source + "/bridge/schemas/" + schema + ".schema.json",
                                       folder_.append(schema + std::to_string(++texts_), text)});
        return checked.output + checked.errors;
    }

    test_support::TempDir folder_;
    std::map<std::string, std::string> environment_;
    mutable int texts_ = 0;
};

TEST_F(JsonSchemasTest, HoldOffline) {
    EXPECT_EQ(breaks("version", output({"--version", "--json"})), "\n");
    EXPECT_EQ(breaks("config", output({"config", "--json", "--label", "a=b", "--tenant", "t"})),
              "\n");
    EXPECT_EQ(breaks("summary", output({"summary", "--json", kLogs})), "\n");
    EXPECT_EQ(breaks("summary", output({"summary", "--json", folder_.path()})), "\n");
    EXPECT_EQ(breaks("entry", output({"replay", "--output", "ndjson", kLogs})), "\n");
    EXPECT_EQ(breaks("suggest", output({"suggest", "--json", kLogs})), "\n");
    const std::string policy = folder_.append(
        "config.yaml", "allowlist:\n  - domain=paste.example\n  - domain=unused.example\n");
    EXPECT_EQ(breaks("suggest", output({"suggest", "--json", "--min-count", "2",
                                        "--boundary-config", policy, kLogs})),
              "\n");
    EXPECT_EQ(breaks("doctor", output({"doctor", "--json", "--log-dir", kLogs})), "\n");
}

TEST_F(JsonSchemasTest, HoldWithALoki) {
    test_support::FaultServer loki;
    loki.set_rule(like_an_empty_loki);
    EXPECT_EQ(breaks("doctor", output({"doctor", "--json", "--no-probe", "--log-dir", kLogs,
                                       "--loki-url", loki.url()})),
              "\n");
    EXPECT_EQ(breaks("verify", output({"verify", "--json", "--loki-url", loki.url()})), "\n");
    const std::string missing = output({"verify", "--json", "--loki-url", loki.url(), kLogs});
    EXPECT_THAT(missing, HasSubstr("\"lowest\":0"));
    EXPECT_EQ(breaks("verify", missing), "\n");
}

TEST_F(JsonSchemasTest, HoldForAVerdictWithAllThereIs) {
    verify::Verdict verdict;
    verdict.against_coderd = true;
    verdict.notes = {"a note"};
    verdict.troubles = {"a trouble"};
    verdict.sessions.emplace_back().session = "boundary-2026-06-09_12-00-00-1";
    verify::WorkspaceVerdict& workspace = verdict.workspaces.emplace_back();
    workspace.missing_here_at = {1, -1};
    verify::NamedNumbers numbers;
    numbers.add({3, 5});
    workspace.sessions.emplace_back("boundary-2026-06-09_12-00-00-1", numbers);
    EXPECT_EQ(breaks("verify", verify::verdict_json(verdict)), "\n");
}

TEST_F(JsonSchemasTest, SeeWhatIsMoreLessOrOther) {
    EXPECT_THAT(breaks("version", R"({"name":"boundary-loki","version":"0.1.0","more":1})"),
                HasSubstr("'more' was unexpected"));
    EXPECT_THAT(breaks("version", R"({"name":"boundary-loki"})"),
                HasSubstr("'version' is a required property"));
    EXPECT_THAT(breaks("doctor", R"({"ok":1,"first":null,"findings":[]})"),
                HasSubstr("$.ok: 1 is not of type 'boolean'"));
    EXPECT_THAT(breaks("summary", ""), HasSubstr("no text"));
}

}  // namespace
}  // namespace bridge
