// SPDX-License-Identifier: MIT
// What a user can get wrong: the text, that it names the remedy, and the exit status.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/settings/option_specs.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using testing::HasSubstr;

struct UserError {
    const char* does;
    std::vector<std::string> arguments;
    int status;
    const char* text;
    const char* remedy;
};

TEST(UserErrorsTest, EachNamesItsRemedy) {
    const test_support::TempDir folder;
    std::map<std::string, std::string> environment;
    for (const auto& spec : option_specs()) {
        if (!spec.environment.empty()) {
            environment[std::string(spec.environment)] = "";
        }
    }
    for (const char* name : {"LOKI_PASSWORD", "LOKI_BEARER_TOKEN", "XDG_STATE_HOME"}) {
        environment[name] = "";
    }
    environment["HOME"] = folder.path();
    const std::string unknown = folder.append("unknown", "owner = joe\n\nlokiurl = x\n");
    const std::string no_equals = folder.append("no_equals", "owner joe\n");
    const std::string twice = folder.append("twice", "owner = a\nowner = b\n");
    const std::string bad_value = folder.append("bad_value", "# x\nbatch-bytes = many\n");
    const std::string token = folder.append("token", "x");
    const std::string url = "http://127.0.0.1:1";

    const UserError cases[] = {
        {"no command", {}, 2, "subcommand is required", "--help"},
        {"a misspelt command", {"runn"}, 2, "subcommand is required", "--help"},
        {"a misspelt flag", {"run", "--loki-uri", url}, 2, "--loki-uri", "--help"},
        {"no address", {"run"}, 2, "no Loki address", "set --loki-url or LOKI_ADDR"},
        {"no address, --check", {"run", "--check"}, 2, "no Loki address", "--loki-url"},
        {"an address without scheme",
         {"run", "--loki-url", "loki:3100"},
         2,
         "--loki-url",
         "http(s)://host[:port]"},
        {"an address with a password",
         {"run", "--loki-url", "http://u:p@loki.example"},
         2,
         "carries credentials",
         "--username and --password-file"},
        {"an address with a query",
         {"run", "--loki-url", url + "/?a=b"},
         2,
         "has a query",
         "the base address alone"},
        {"a token file that is not there",
         {"run", "--loki-url", url, "--bearer-token-file", "/no/file"},
         2,
         "/no/file",
         "--bearer-token-file"},
        {"two kinds of credentials",
         {"run", "--loki-url", url, "--username", "u", "--bearer-token-file", token},
         2,
         "both a user name and a bearer token",
         "one of them"},
        {"half a client certificate",
         {"run", "--loki-url", url, "--client-cert", token},
         2,
         "one is missing",
         "--client-cert and --client-key go together"},
        {"a file for a folder",
         {"run", "--loki-url", url, "--log-dir", token},
         2,
         "is a file",
         "name the folder"},
        {"a label without a value",
         {"run", "--loki-url", url, "--label", "a"},
         2,
         "`a`",
         "name=value"},
        {"a label that is ours",
         {"run", "--loki-url", url, "--label", "job=x"},
         2,
         "--label",
         "set by boundary-loki itself"},
        {"a stream label that is none",
         {"run", "--loki-url", url, "--stream-labels", "host"},
         2,
         "`host`",
         "choose from job, decision"},
        {"an unknown log level",
         {"run", "--loki-url", url, "--log-level", "loud"},
         2,
         "`loud`",
         "want one of debug error info warn"},
        {"a batch beyond what Loki takes",
         {"run", "--loki-url", url, "--batch-bytes", "1GiB"},
         2,
         "`1GiB`",
         "want 1KiB to 4MiB"},
        {"a metrics address without port",
         {"run", "--loki-url", url, "--metrics-address", "x"},
         2,
         "`x`",
         "host:port"},
        {"an unknown name in the file",
         {"config", "--config", unknown},
         2,
         "/unknown line 3",
         "unknown setting `lokiurl`"},
        {"no equals sign in the file",
         {"config", "--config", no_equals},
         2,
         "/no_equals line 1",
         "`name = value`"},
        {"a name twice in the file",
         {"config", "--config", twice},
         2,
         "/twice line 2",
         "stands twice"},
        {"a bad value in the file",
         {"run", "--check", "--loki-url", url, "--config", bad_value},
         2,
         "/bad_value line 2",
         "want a number of bytes such as 262144 or 256KiB"},
        {"a file that is not there",
         {"config", "--config", "/no/config"},
         2,
         "/no/config",
         "--config"},
        {"a path that is not there", {"summary", "/no/log"}, 2, "cannot read", "/no/log"},
        {"a day for an instant",
         {"summary", "--since", "monday", "/tmp"},
         2,
         "--since",
         "want 2026-06-09T12:00:00Z, or an age such as 6h or 7d"},
        {"an unknown decision", {"summary", "--decision", "maybe", "/tmp"}, 2, "maybe", "allow"},
        {"an unknown output", {"replay", "--output", "xml", "/tmp"}, 2, "xml", "ndjson"},
        {"an unknown dashboard", {"doctor", "--dashboard", "mine"}, 2, "mine", "coderd-json"},
        {"a range without unit", {"doctor", "--range", "5"}, 2, "--range", "15m, 6h or 7d"},
        {"nothing to run", {"toolcall", "exec"}, 2, "CMD", "--help"},
        {"nobody at the address", {"doctor", "--loki-url", url}, 1, "FAIL", "do  "},
    };
    for (const auto& test : cases) {
        std::vector<std::string> command = {BOUNDARY_LOKI_BINARY};
        command.insert(command.end(), test.arguments.begin(), test.arguments.end());
        const auto result = test_support::run_command(command, environment);
        EXPECT_EQ(result.status, test.status) << test.does << ": " << result.errors;
        const std::string said = result.status == 1 ? result.output : result.errors;
        EXPECT_THAT(said, HasSubstr(test.text)) << test.does;
        EXPECT_THAT(said, HasSubstr(test.remedy)) << test.does;
    }
}

}  // namespace
}  // namespace bridge
