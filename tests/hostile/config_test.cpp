// SPDX-License-Identifier: MIT
// What may be given to the daemon as its configuration: refused before anything is started, with a
// sentence that says which setting it is and that holds no credential; then, mended, it runs.
#include <csignal>
#include <filesystem>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "bridge/settings/option_specs.h"
#include "tests/hostile/hostile_fixture.h"
#include "tests/support/fault_server.h"
#include "tests/support/process.h"

namespace hostile {
namespace {

using test_support::Fault;
using test_support::Process;
using test_support::read_file;
using test_support::TempDir;
using testing::HasSubstr;
using testing::Not;

struct ConfigCase {
    std::string_view name;
    std::function<std::vector<std::string>(const TempDir&)> flags;
    std::string_view says;
    friend std::ostream& operator<<(std::ostream& out, const ConfigCase& row) {
        return out << row.name;
    }
};

std::function<std::vector<std::string>(const TempDir&)> flag(std::string name, std::string value) {
    return [name = std::move(name), value = std::move(value)](const TempDir&) {
        return std::vector{name, value};
    };
}

std::vector<ConfigCase> config_cases() {
    return {
        {"a password in the address", flag("--loki-url", "http://joe:hunter2@127.0.0.1:1"),
         "carries credentials"},
        {"a token in the address", flag("--loki-url", "http://127.0.0.1:1/?token=hunter2"),
         "query"},
        {"a file as the address", flag("--loki-url", "file:///etc/passwd"), "not a URL"},
        {"another protocol", flag("--loki-url", "gopher://127.0.0.1:1"), "not a URL"},
        {"a header in the tenant", flag("--tenant", "a\r\nX-Evil: 1"), "tenant"},
        {"a label that breaks out", flag("--label", "a=b\"} , {c=\"d"), ""},
        {"a label name that breaks out", flag("--label", "a\"b=c"), "label"},
        {"a label of ours", flag("--label", "decision=allow"), "set by boundary-loki itself"},
        {"a label of Loki's own", flag("--label", "__path__=x"), "Loki's own"},
        {"a label of three thousand bytes", flag("--label", "a=" + std::string(3000, 'x')),
         "values up to"},
        {"a hundred tools",
         [](const TempDir&) {
             std::string tools;
             for (int i = 0; i < 100; ++i) {
                 tools += "t" + std::to_string(i) + ",";
             }
             return std::vector<std::string>{"--tools", tools};
         },
         "64 at most"},
        {"a token file that is not there", flag("--bearer-token-file", "/nonexistent/token"),
         "cannot read"},
        {"a certificate that is not there", flag("--ca-cert", "/nonexistent/ca.pem"),
         "cannot read"},
        {"a config file with a line that is none",
         [](const TempDir& dir) {
             return std::vector<std::string>{"--config", dir.append("config", "a\xff\n")};
         },
         "expected `name = value`"},
        {"a config file that sets what does not exist",
         [](const TempDir& dir) {
             return std::vector<std::string>{"--config", dir.append("config", "evil = 1\n")};
         },
         "unknown setting"},
        {"a config file that is a folder",
         [](const TempDir& dir) {
             return std::vector<std::string>{"--config", dir.path()};
         },
         "cannot read"},
        {"a log folder that is a file",
         [](const TempDir& dir) {
             return std::vector<std::string>{"--log-dir", dir.append("file", "x")};
         },
         "is a file"},
        {"a state folder that is a file",
         [](const TempDir& dir) {
             return std::vector<std::string>{"--state-dir", dir.append("file", "x")};
         },
         ""},
        {"a number that overflows", flag("--spool-max-bytes", "99999999999999999999999999"),
         "spool-max-bytes"},
        {"a negative rate", flag("--stream-rate", "-1"), "stream-rate"},
    };
}

class HostileConfigTest : public testing::TestWithParam<ConfigCase> {
protected:
    HostileConfigTest() {
        std::filesystem::create_directory(folder_.file("logs"));
        for (const auto& spec : bridge::option_specs()) {
            if (!spec.environment.empty()) {
                options_.environment[std::string(spec.environment)] = "";
            }
        }
        for (const char* name :
             {"LOKI_PASSWORD", "LOKI_BEARER_TOKEN", "http_proxy", "all_proxy", "ALL_PROXY"}) {
            options_.environment[name] = "";
        }
        options_.errors = folder_.file("errors");
    }
    /// A daemon with more flags behind those that work; of a flag given twice the last one counts.
    [[nodiscard]] Process start(const std::vector<std::string>& more) const {
        std::vector<std::string> arguments = {
            BOUNDARY_LOKI_BINARY, "run",         "--loki-url",          server_.url(),  "--log-dir",
            folder_.file("logs"), "--state-dir", folder_.file("state"), "--batch-wait", "10ms",
            "--metrics-address",  "off"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return Process(arguments, options_);
    }

    TempDir folder_;
    test_support::FaultServer server_;
    Process::Options options_;
};

TEST_P(HostileConfigTest, IsRefusedOrHarmless) {
    const bool refused = GetParam().name != "a label that breaks out";
    folder_.append("logs/boundary-2026-05-28_20-26-40-9.log",
                   "time=2026-05-28T20:26:40.005Z level=WARN msg=DENY method=GET "
                   "url=https://h.example/after host=h\n");
    Process daemon = start(GetParam().flags(folder_));
    if (refused) {
        EXPECT_EQ(daemon.wait(std::chrono::seconds(60)), 2);
        const std::string said = read_file(folder_.file("errors"));
        EXPECT_THAT(said, HasSubstr(std::string(GetParam().says)));
        EXPECT_THAT(said, Not(HasSubstr("hunter2")));
        EXPECT_EQ(server_.requests().size(), 0U);
        daemon = start({});
    }
    server_.set_rule([](const test_support::SeenRequest& request) {
        return request.method == "GET"
                   ? Fault::answer(
                         200, R"({"status":"success","data":{"resultType":"streams","result":[]}})")
                   : Fault::answer(204);
    });
    EXPECT_TRUE(test_support::eventually([&] {
        const auto requests = server_.requests();
        return std::ranges::any_of(requests,
                                   [](const auto& request) { return request.method == "POST"; });
    })) << read_file(folder_.file("errors"));
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(std::chrono::seconds(30)), 0) << read_file(folder_.file("errors"));
}

INSTANTIATE_TEST_SUITE_P(Cases, HostileConfigTest, testing::ValuesIn(config_cases()),
                         [](const auto& row) { return test_name(row.param.name); });

}  // namespace
}  // namespace hostile
