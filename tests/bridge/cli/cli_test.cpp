// SPDX-License-Identifier: MIT
#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "bridge/process/version.h"
#include "bridge/settings/option_specs.h"
#include "tailer/lines/time_merge.h"
#include "tests/bridge/cli/empty_loki.h"
#include "tests/support/fault_server.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using test_support::Fault;
using test_support::RunResult;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string kSamples = std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/tests/samples/boundary_logs";
const std::string kOddLines = std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/tests/data/odd_lines";

/// Runs the real program with nothing of the outer environment that could set anything.
class CliTest : public testing::Test {
protected:
    CliTest() {
        for (const auto& spec : option_specs()) {
            if (!spec.environment.empty()) {
                environment_[std::string(spec.environment)] = "";
            }
        }
        for (const char* name : {"LOKI_PASSWORD", "LOKI_BEARER_TOKEN", "http_proxy", "all_proxy",
                                 "ALL_PROXY", "XDG_STATE_HOME"}) {
            environment_[name] = "";
        }
        environment_["HOME"] = folder_.path();
    }
    [[nodiscard]] RunResult run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), BOUNDARY_LOKI_BINARY);
        return test_support::run_command(arguments, environment_, std::chrono::seconds(60));
    }
    [[nodiscard]] static std::vector<std::string> lines_of(const std::string& text) {
        std::istringstream in(text);
        std::vector<std::string> lines;
        for (std::string line; std::getline(in, line);) {
            lines.push_back(line);
        }
        return lines;
    }

    test_support::TempDir folder_;
    std::map<std::string, std::string> environment_;
};

TEST_F(CliTest, TellsItsVersion) {
    const RunResult result = run({"--version"});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.output, "boundary-loki " + std::string(kVersion) + "\n");
    EXPECT_EQ(run({"--version", "--json"}).output, run({"--json", "--version"}).output);
    EXPECT_EQ(run({"--json", "--version"}).output,
              R"({"name":"boundary-loki","version":")" + std::string(kVersion) + "\"}\n");
    const RunResult alone = run({"--json", "config"});
    EXPECT_EQ(alone.status, 2);
    EXPECT_THAT(alone.errors, HasSubstr("--json requires --version"));
}

TEST_F(CliTest, HelpsWithEveryCommand) {
    const RunResult result = run({"--help"});
    EXPECT_EQ(result.status, 0);
    for (const char* text : {"run", "replay", "summary", "Exit status: 0 done, 1", "beats"}) {
        EXPECT_THAT(result.output, HasSubstr(text));
    }
}

TEST_F(CliTest, TheHelpOfEachCommandFitsAScreen) {
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{},
                                               {"run"},
                                               {"replay"},
                                               {"summary"},
                                               {"verify"},
                                               {"suggest"},
                                               {"doctor"},
                                               {"config"},
                                               {"toolcall"},
                                               {"toolcall", "exec"},
                                               {"toolcall", "hook"}}) {
        std::vector<std::string> arguments = command;
        arguments.emplace_back("--help");
        const RunResult result = run(arguments);
        EXPECT_EQ(result.status, 0);
        std::size_t rows = 0;
        for (const auto& line : lines_of(result.output)) {
            rows += 1 + (line.empty() ? 0 : (line.size() - 1) / 80);
        }
        EXPECT_LE(rows, 40U) << result.output;
        EXPECT_GT(rows, 10U);
    }
    // What is left out is said, and all that is needed to begin is there.
    const RunResult result = run({"run", "--help"});
    for (const char* text : {" with --help-all:", "--loki-url", "--log-dir", "--config"}) {
        EXPECT_THAT(result.output, HasSubstr(text));
    }
    EXPECT_THAT(result.output, Not(HasSubstr("--spool-max-bytes")));
}

TEST_F(CliTest, WholeHelpNamesEverySettingWithItsVariable) {
    for (const char* command : {"run", "replay"}) {
        const RunResult result = run({command, "--help-all"});
        EXPECT_EQ(result.status, 0);
        for (const auto& spec : option_specs()) {
            EXPECT_THAT(result.output, HasSubstr("--" + std::string(spec.name))) << command;
            EXPECT_THAT(result.output, HasSubstr(std::string(spec.environment))) << command;
        }
        EXPECT_THAT(result.output, HasSubstr("--config"));
    }
}

struct WrongUsage {
    const char* says;
    std::vector<std::string> arguments;
    const char* told;
};

TEST_F(CliTest, WrongUsageEndsWithStatusTwoAndSaysWhy) {
    const std::string bad_config = folder_.append("config", "loki-url = x\nno-such-key = y\n");
    const std::string empty_file = folder_.append("file", "");
    const std::string xz = folder_.append("a.log.xz", std::string("\xFD"
                                                                  "7zXZ\0...",
                                                                  9));
    const std::string gzip = folder_.append("a.log", "\x1F\x8B\x08...");
    const WrongUsage cases[] = {
        {"no command", {}, "subcommand"},
        {"an unknown command", {"walk"}, "subcommand"},
        {"an unknown flag", {"run", "--no-such-flag"}, "--no-such-flag"},
        {"a flag without its value", {"run", "--loki-url"}, "--loki-url"},
        {"no address", {"run"}, "--loki-url or LOKI_ADDR"},
        {"no address for a replay", {"replay", kSamples}, "--loki-url or LOKI_ADDR"},
        {"an address that is none", {"run", "--loki-url", "loki.example:3100"}, "http(s)://"},
        {"an unknown output", {"replay", "--output", "xml", kSamples}, "xml"},
        {"no path", {"replay", "--output", "ndjson"}, "PATH"},
        {"a path that is not there",
         {"replay", "--output", "ndjson", folder_.file("none")},
         "cannot read"},
        {"a device", {"replay", "--output", "ndjson", "/dev/null"}, "neither a folder nor a file"},
        {"an archive of another kind", {"summary", xz}, "packed with xz; unpack it first"},
        {"an archive by another name", {"summary", gzip}, "its name must end in .gz"},
        {"standard input", {"summary", "-"}, "its name is the session"},
        {"no path for a summary", {"summary"}, "PATH"},
        {"a bad value", {"run", "--log-level", "loud"}, "--log-level"},
        {"a bad config file", {"run", "--config", bad_config}, "line 2"},
        {"a config file that is not there", {"run", "--config", folder_.file("none")}, "none"},
        {"a log folder that is a file",
         {"run", "--loki-url", "http://127.0.0.1:1", "--log-dir", empty_file},
         "is a file"},
        {"a state folder that is a file",
         {"run", "--loki-url", "http://127.0.0.1:1", "--state-dir", empty_file},
         "cannot start"},
    };
    for (const auto& test : cases) {
        const RunResult result = run(test.arguments);
        EXPECT_EQ(result.status, 2) << test.says << ": " << result.errors;
        EXPECT_THAT(result.errors, HasSubstr(test.told)) << test.says;
        EXPECT_EQ(result.output, "") << test.says;
    }
}

TEST_F(CliTest, NeverRepeatsACredential) {
    environment_["LOKI_ADDR"] = "http://user:SECRET@loki.example";
    const RunResult result = run({"run"});
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.errors, HasSubstr("LOKI_ADDR"));
    EXPECT_THAT(result.errors, Not(HasSubstr("SECRET")));
}

TEST_F(CliTest, PrintsWhatItWouldPush) {
    const RunResult result = run({"replay", "--output", "ndjson", kSamples, "--owner", "ann"});
    EXPECT_EQ(result.status, 0) << result.errors;
    const auto lines = lines_of(result.output);
    EXPECT_GT(lines.size(), 40U);
    simdjson::dom::parser parser;
    std::int64_t last = 0;
    for (const auto& line : lines) {
        const simdjson::dom::element entry = parser.parse(line);
        EXPECT_EQ(std::string_view(entry["stream"]["job"]), "boundary");
        EXPECT_EQ(std::string_view(entry["stream"]["owner"]), "ann");
        EXPECT_TRUE(entry["line"].is_string());
        EXPECT_TRUE(entry["structured_metadata"].is_object());
        const auto timestamp = std::stoll(std::string(std::string_view(entry["timestamp"])));
        EXPECT_GE(timestamp, last - tailer::TimeMerge::kSlackNs) << "in time order, nearly";
        last = std::max(last, std::int64_t{timestamp});
    }
}

TEST_F(CliTest, ChecksTheSettingsAndStartsNothing) {
    const RunResult result = run({"run", "--check", "--loki-url", "http://127.0.0.1:1"});
    EXPECT_EQ(result.status, 0) << result.errors;
    EXPECT_EQ(result.output, "the settings are valid\n");
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << "no state folder is made";
}

TEST_F(CliTest, ShowsTheSettingsWithTheirSources) {
    environment_["LOKI_ADDR"] = "http://loki.example:3100";
    const RunResult result = run({"config", "--owner", "ann"});
    EXPECT_EQ(result.status, 0) << result.errors;
    EXPECT_THAT(result.output, HasSubstr("= http://loki.example:3100    # LOKI_ADDR\n"));
    EXPECT_THAT(result.output, HasSubstr("= ann    # --owner\n"));
    EXPECT_EQ(run({"config", "--json"}).output.front(), '{');
}

TEST_F(CliTest, ADryRunGivesTheAccountWithoutLokiAndKeepsNoState) {
    const RunResult result =
        run({"replay", "--dry-run", "--state-dir", folder_.file("state"), kSamples});
    EXPECT_EQ(result.status, 0) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("lines=88 allowed=13 denied=16 notices=14 lifecycle=45 "
                                         "unparsed=0 withheld=45 pushed=0 rejected=0 left=43"));
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(CliTest, ASummaryCountsWhatIsAskedFor) {
    const RunResult result =
        run({"summary", "--json", kOddLines, "--decision", "deny", "--domain", "h.example",
             "--since", "2026-06-09T12:00:00Z", "--until", "2026-06-10T00:00:00Z"});
    EXPECT_EQ(result.status, 0) << result.errors;
    simdjson::dom::parser parser;
    const auto document = parser.parse(result.output);
    EXPECT_EQ(std::uint64_t(document["decisions"]["allow"]), 0U) << result.output;
    EXPECT_EQ(std::uint64_t(document["decisions"]["deny"]), 13U) << result.output;
}

TEST_F(CliTest, PrintsTheSameEveryTime) {
    const auto once = run({"replay", "--output", "ndjson", kSamples});
    EXPECT_EQ(once.output, run({"replay", "--output", "ndjson", kSamples}).output);
}

TEST_F(CliTest, ReplaysToLokiAndEnds) {
    test_support::FaultServer loki;
    loki.set_rule(like_an_empty_loki);
    const RunResult result =
        run({"replay", "--loki-url", loki.url(), "--tenant", "team-a", kSamples});
    EXPECT_EQ(result.status, 0) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("replayed"));
    ASSERT_THAT(loki.requests(), Not(IsEmpty()));
    for (const auto& request : loki.requests()) {
        EXPECT_TRUE(request.target.starts_with("/loki/api/v1/")) << request.target;
        EXPECT_EQ(request.headers.at("x-scope-orgid"), "team-a");
        EXPECT_EQ(request.headers.at("user-agent"), "boundary-loki/" + std::string(kVersion));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << "it keeps no state";
}

TEST_F(CliTest, AReplayThatLokiHoldsUpIsIncomplete) {
    test_support::FaultServer loki;
    loki.set_rule([](const auto&) { return Fault::answer(401, "no org id"); });
    const RunResult result = run({"replay", "--loki-url", loki.url(), kSamples});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.errors, HasSubstr("no org id"));
}

TEST_F(CliTest, AReplayWithRejectedEntriesIsIncomplete) {
    test_support::FaultServer loki;
    loki.set_rule([](const auto& request) {
        return request.method == "GET"
                   ? like_an_empty_loki(request)
                   : Fault::answer(400, "entry for stream '{}' has 16 label names; limit 15");
    });
    const RunResult result = run({"replay", "--loki-url", loki.url(), kSamples});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.errors, HasSubstr("max_label_names_per_series"));
}

TEST_F(CliTest, AReplayOfAFileThatCannotBeReadIsIncomplete) {
    const std::string packed =
        folder_.append("boundary-2026-06-09_12-00-00-1.log.gz", "this is no gzip");
    test_support::FaultServer loki;
    const RunResult pushed = run({"replay", "--loki-url", loki.url(), packed});
    EXPECT_EQ(pushed.status, 1);
    EXPECT_THAT(pushed.errors, HasSubstr("boundary-2026-06-09_12-00-00-1.log.gz"));
    const RunResult printed = run({"replay", "--output", "ndjson", packed});
    EXPECT_EQ(printed.status, 1);
    EXPECT_THAT(printed.errors, HasSubstr("boundary-2026-06-09_12-00-00-1.log.gz"));
}

TEST_F(CliTest, AReplayWithAStateFolderIsDoneOnce) {
    test_support::FaultServer loki;
    loki.set_rule(like_an_empty_loki);
    const std::vector<std::string> command = {"replay",      "--loki-url",          loki.url(),
                                              "--state-dir", folder_.file("state"), kSamples};
    EXPECT_EQ(run(command).status, 0);
    const std::size_t requests = loki.requests().size();
    EXPECT_GT(requests, 0U);
    EXPECT_EQ(run(command).status, 0);
    EXPECT_THAT(loki.requests(), SizeIs(requests));
}

}  // namespace
}  // namespace bridge
