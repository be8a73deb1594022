// SPDX-License-Identifier: MIT
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/settings/option_specs.h"
#include "tests/bridge/cli/empty_loki.h"
#include "tests/support/fault_server.h"
#include "tests/support/loki_server.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using std::chrono::seconds;
using test_support::eventually;
using test_support::Fault;
using test_support::Process;
using test_support::read_file;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kLine =
    "time=2026-06-09T12:00:00.250Z level=INFO msg=ALLOW method=GET url=https://h.example/a "
    "host=h.example rule=\"domain=h.example\"\n";
constexpr const char* kLogName = "logs/boundary-2026-06-09_12-00-00-1.log";

class CliDaemonTest : public testing::Test {
protected:
    CliDaemonTest() {
        std::filesystem::create_directory(folder_.file("logs"));
        for (const auto& spec : option_specs()) {
            if (!spec.environment.empty()) {
                options_.environment[std::string(spec.environment)] = "";
            }
        }
        for (const char* name :
             {"LOKI_PASSWORD", "LOKI_BEARER_TOKEN", "http_proxy", "all_proxy", "ALL_PROXY"}) {
            options_.environment[name] = "";
        }
        options_.errors = folder_.file("errors");
        arguments_ = {
            BOUNDARY_LOKI_BINARY, "run",         "--loki-url",          loki_.url(),    "--log-dir",
            folder_.file("logs"), "--state-dir", folder_.file("state"), "--batch-wait", "10ms",
            "--heartbeat",        "off",         "--metrics-address",   "off"};
    }
    [[nodiscard]] Process start() const { return Process(arguments_, options_); }
    [[nodiscard]] std::string errors() const { return read_file(folder_.file("errors")); }
    [[nodiscard]] bool says(const std::string& text) const {
        return eventually([&] { return errors().find(text) != std::string::npos; });
    }
    void expect_ends_with(Process& daemon, int status) const {
        EXPECT_EQ(daemon.wait(seconds(30)), status) << errors();
    }

    test_support::TempDir folder_;
    test_support::FaultServer loki_;
    Process::Options options_;
    std::vector<std::string> arguments_;
};

TEST_F(CliDaemonTest, TellsItsStateAndReadsCredentialsAnewWhenAskedBySignal) {
    loki_.set_rule(like_an_empty_loki);
    const auto pushes = [&] {
        auto requests = loki_.requests();
        std::erase_if(requests, [](const auto& request) { return request.method != "POST"; });
        return requests;
    };
    const std::string password = folder_.append("password", "SECRET-1\n");
    arguments_.insert(arguments_.end(), {"--username", "u", "--password-file", password});
    Process daemon = start();
    ASSERT_TRUE(says("started"));
    folder_.append(kLogName, kLine);
    ASSERT_TRUE(eventually([&] { return pushes().size() == 1; })) << errors();
    std::filesystem::remove(password);
    folder_.append("password", "SECRET-2\n");
    daemon.signal(SIGHUP);
    ASSERT_TRUE(says("credentials are read anew"));
    folder_.append(kLogName, kLine);
    ASSERT_TRUE(eventually([&] { return pushes().size() == 2; })) << errors();
    EXPECT_NE(pushes()[0].headers.at("authorization"), pushes()[1].headers.at("authorization"));
    EXPECT_NE(pushes()[0].connection, pushes()[1].connection);
    daemon.signal(SIGUSR1);
    ASSERT_TRUE(says("msg=state"));
    EXPECT_THAT(errors(), HasSubstr("allowed=2 denied=0"));
    daemon.signal(SIGTERM);
    expect_ends_with(daemon, 0);
    EXPECT_THAT(errors(), Not(HasSubstr("SECRET")));
}

TEST_F(CliDaemonTest, PushesUntilItIsToldToEnd) {
    Process daemon = start();
    ASSERT_TRUE(says("started"));
    folder_.append(kLogName, kLine);
    ASSERT_TRUE(loki_.wait_for_requests(1));
    daemon.signal(SIGTERM);
    expect_ends_with(daemon, 0);
    EXPECT_THAT(errors(), HasSubstr("stopped"));
    EXPECT_THAT(errors(), HasSubstr("pushed=1"));
    EXPECT_THAT(read_file(folder_.file("state/checkpoint")), HasSubstr("\"clean\":true"));

    Process again = start();
    ASSERT_TRUE(eventually([&] {
        return read_file(folder_.file("state/checkpoint")).find("\"clean\":true") ==
               std::string::npos;
    })) << "a new process begins with a checkpoint of its own";
    again.signal(SIGINT);
    expect_ends_with(again, 0);
    EXPECT_EQ(std::ranges::count(loki_.requests(), "POST", &test_support::SeenRequest::method), 1);
}

TEST_F(CliDaemonTest, SpoolsWhatItCouldNotSendAndSendsItAtTheNextStart) {
    loki_.set_rule([](const auto&) { return Fault::answer(503, "away"); });
    folder_.append(kLogName, kLine);
    Process daemon = start();
    ASSERT_TRUE(loki_.wait_for_requests(1));
    daemon.signal(SIGTERM);
    expect_ends_with(daemon, 0);
    EXPECT_TRUE(std::filesystem::exists(folder_.file("state/spool/00000000000000000001.push.zst")));

    loki_.set_rule(like_an_empty_loki);
    Process again = start();
    EXPECT_TRUE(eventually([&] {
        return !std::filesystem::exists(folder_.file("state/spool/00000000000000000001.push.zst"));
    }));
    again.signal(SIGTERM);
    expect_ends_with(again, 0);
}

TEST_F(CliDaemonTest, ARequestThatHangsDoesNotKeepItFromEnding) {
    loki_.set_rule([](const auto&) { return Fault::answer(204).after(seconds(120)); });
    folder_.append(kLogName, kLine);
    Process daemon = start();
    ASSERT_TRUE(loki_.wait_for_requests(1));
    const auto begun = std::chrono::steady_clock::now();
    daemon.signal(SIGTERM);
    expect_ends_with(daemon, 0);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(10));
    EXPECT_TRUE(std::filesystem::exists(folder_.file("state/spool/00000000000000000001.push.zst")));
}

TEST_F(CliDaemonTest, ASecondSignalEndsItAtOnce) {
    loki_.set_rule([](const auto&) { return Fault::answer(204).after(seconds(120)); });
    folder_.append(kLogName, kLine);
    Process daemon = start();
    ASSERT_TRUE(loki_.wait_for_requests(1));
    daemon.signal(SIGTERM);
    // Within a second it is the same order once more; after six it gives up by itself, with 0.
    EXPECT_EQ(daemon.wait(seconds(3)), std::nullopt);
    daemon.signal(SIGINT);
    expect_ends_with(daemon, 1);
}

TEST_F(CliDaemonTest, ASecondDaemonLeavesTheStateFolderAlone) {
    Process first = start();
    ASSERT_TRUE(says("started"));
    Process second = start();
    expect_ends_with(second, 2);
    EXPECT_THAT(errors(), HasSubstr("another boundary-loki uses the state folder"));
    first.signal(SIGTERM);
    expect_ends_with(first, 0);
}

TEST_F(CliDaemonTest, GoesOnWithADamagedCheckpoint) {
    std::filesystem::create_directory(folder_.file("state"));
    folder_.append("state/checkpoint", "damaged");
    folder_.append(kLogName, kLine);
    loki_.set_rule(like_an_empty_loki);
    Process daemon = start();
    ASSERT_TRUE(loki_.wait_for_requests(2));
    EXPECT_EQ(loki_.requests()[0].method, "GET") << "Loki may have it already";
    EXPECT_THAT(errors(), HasSubstr("cannot use the checkpoint"));
    daemon.signal(SIGTERM);
    expect_ends_with(daemon, 0);
}

TEST_F(CliDaemonTest, ServesItsMetrics) {
    const std::string address = "127.0.0.1:" + std::to_string(test_support::free_port());
    arguments_.back() = address;
    folder_.append(kLogName, kLine);
    Process daemon = start();
    std::string text;
    EXPECT_TRUE(eventually([&] {
        text = test_support::http_get("http://" + address + "/metrics").second;
        return text.find("boundary_loki_pushed_entries_total 1\n") != std::string::npos;
    })) << text;
    EXPECT_THAT(text, HasSubstr("boundary_loki_decisions_total{decision=\"allow\"} 1\n"));
    daemon.signal(SIGTERM);
    expect_ends_with(daemon, 0);
}

TEST_F(CliDaemonTest, ShipsThoughItCannotServeItsMetricsAndTriesAgain) {
    auto holder = std::make_unique<test_support::FaultServer>();
    const std::string address = "127.0.0.1:" + std::to_string(holder->port());
    arguments_.back() = address;
    folder_.append(kLogName, kLine);
    Process daemon = start();
    ASSERT_TRUE(says("no metrics for now"));
    EXPECT_THAT(errors(), HasSubstr("cannot serve metrics on " + address));
    ASSERT_TRUE(loki_.wait_for_requests(1)) << errors();
    holder.reset();
    EXPECT_TRUE(eventually([&] {
        return test_support::http_get("http://" + address + "/metrics")
                   .second.find("boundary_loki_pushed_entries_total 1\n") != std::string::npos;
    })) << errors();
    ASSERT_TRUE(says("metrics are served"));
    daemon.signal(SIGTERM);
    expect_ends_with(daemon, 0);
}

TEST_F(CliDaemonTest, WritesNoSecretToItsLogOrState) {
    arguments_.insert(arguments_.end(), {"--log-level", "debug"});
    options_.environment["LOKI_BEARER_TOKEN"] = "TOKEN-SECRET";
    loki_.set_rule([](const auto&) { return Fault::answer(403, "forbidden"); });
    folder_.append(kLogName,
                   "time=2026-06-09T12:00:00.250Z level=INFO msg=ALLOW method=GET "
                   "url=\"https://user:URL-SECRET@h.example/a?access_token=QUERY-SECRET\" "
                   "host=h.example rule=\"domain=h.example\"\n");
    Process daemon = start();
    ASSERT_TRUE(loki_.wait_for_requests(2));
    daemon.signal(SIGTERM);
    expect_ends_with(daemon, 0);
    EXPECT_EQ(loki_.requests()[0].headers.at("authorization"), "Bearer TOKEN-SECRET");
    EXPECT_THAT(errors(), Not(HasSubstr("SECRET")));
    EXPECT_THAT(read_file(folder_.file("state/checkpoint")), Not(HasSubstr("SECRET")));
    EXPECT_THAT(loki_.requests()[0].body, Not(HasSubstr("-SECRET")));
}

}  // namespace
}  // namespace bridge
