// SPDX-License-Identifier: MIT
// Known secrets go in by every door, everything that can fail fails, and then all that was written
// or sent is searched for them.
#include <algorithm>
#include <atomic>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>

#include "base/rfc3339.h"
#include "exporter/disk/spool.h"
#include "tailer/records/percent_decoding.h"
#include "tests/end_to_end/decisions.h"
#include "tests/support/fault_server.h"
#include "tests/support/programs.h"
#include "tests/support/secret_forms.h"
#include "tests/support/secret_words.h"

namespace transport {
namespace {

namespace fs = std::filesystem;
using end_to_end::append_to;
using end_to_end::Daemon;
using end_to_end::now_ns;
using test_support::eventually;
using test_support::Fault;
using test_support::FaultServer;
using test_support::LokiServer;
using test_support::read_file;
using test_support::SeenRequest;

// Each has a word of its own, so that a leak says where it came from.
constexpr const char* kToken = "canary0token0a1b2c3d4e5f";
constexpr const char* kEnvironment = "canary0environment0a1b2c3d4e5f";
constexpr const char* kAgent = "canary0agent0a1b2c3d4e5f";
constexpr const char* kConfig = "canary0config0a1b2c3d4e5f";
constexpr const char* kUrl = "canary0url0a1b2c3d4e5f";
constexpr const char* kQuery = "canary0query0a1b2c3d4e5f";
constexpr const char* kHook = "canary0hook0a1b2c3d4e5f";
constexpr std::string_view kAny = "canary0";

/// All that the folder holds, spool segments unpacked.
std::map<std::string, std::string> contents_of(const std::string& folder) {
    std::map<std::string, std::string> contents;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            contents[entry.path().string()] = read_file(entry.path().string());
        }
    }
    if (fs::exists(folder + "/spool")) {
        auto spool = exporter::Spool::open(folder + "/spool", 1U << 30U);
        EXPECT_TRUE(spool.has_value());
        for (const auto& segment : spool->take_found()) {
            contents["segment " + std::to_string(segment.sequence)] =
                segment.labels + spool->load(segment).value();
        }
    }
    return contents;
}

class CanaryTest : public testing::Test {
protected:
    static void expect_clean(const std::string& where, const std::string& text) {
        std::string lower = text;
        std::ranges::transform(lower, lower.begin(),
                               [](unsigned char c) { return std::tolower(c); });
        const std::size_t at = lower.find(kAny);
        EXPECT_EQ(at, std::string::npos)
            << where << ": " << text.substr(at < 60 ? 0 : at - 60, 120);
    }
    void write_logs(const std::string& folder) {
        const auto line = [this](const std::string& rest) {
            std::string text = "time=";
            base::append_rfc3339_nano(text, now_ns() / 1'000'000 * 1'000'000);
            append_to(folder_of_logs_, end_to_end::log_name(1), text + " " + rest + "\n");
        };
        folder_of_logs_ = folder;
        const std::string url = kUrl;
        const std::string query = kQuery;
        const std::string deny = "level=WARN msg=DENY method=GET url=";
        line(deny + "https://joe:" + url + "@h.example/a host=h.example");
        line(deny + "\"https://h.example/a?access_token=" + query + "&b=1\" host=h.example");
        line(deny + "\"https://h.example/a?to=https://joe:" + url + "@h.example/\" host=h.example");
        line(deny + "\"https://h.example/a#id_token=" + query + "\" host=h.example");
        line(deny + "\"/legacy?password=" + query + "\" host=joe:" + url + "@h.example");
        line("level=ERROR msg=\"Failed to forward HTTPS request\" error=\"Get \\\"https://joe:" +
             url + "@h.example/a?sig=" + query + "\\\": EOF\"");
        line("level=INFO msg=DENY method=GET url=https://joe:" + url + "@h.example/ host=h");
        line("level=WARN msg=\"unfinished https://joe:" + url + "@h.example/?token=" + query);
        append_to(folder, end_to_end::log_name(1),
                  "GET http://joe:" + url + "@h.example/?api_key=" + query + "\n");
        append_to(folder, end_to_end::log_name(1),
                  "{\"time\":\"bad\",\"url\":\"https://joe:" + url + "@h.example/?token=" + query +
                      "\"}\n");
    }

    std::string folder_of_logs_;
};

TEST_F(CanaryTest, NoSecretLeavesTheProcess) {
    const test_support::TempDir folder;
    LokiServer loki;
    loki.start();
    // A proxy that fails in every way, and shows what it was given in its errors.
    FaultServer proxy(loki.port());
    std::atomic<int> turn = 0;
    std::atomic<bool> well = false;
    proxy.set_rule([&](const SeenRequest& request) {
        if (well) {
            return Fault::of(Fault::Kind::Forward);
        }
        const auto header = request.headers.find("authorization");
        const std::string echo = header == request.headers.end() ? "" : header->second;
        switch (turn++ % 7) {
            case 0:
                return Fault::answer(401, "not for you: " + echo);
            case 1:
                return Fault::answer(500, "failed: " + echo);
            case 2:
                return Fault::of(Fault::Kind::ForwardAndDrop);
            case 3:
                return Fault::of(Fault::Kind::DropHalfway);
            case 4:
                return Fault::answer(429, echo);
            case 5:
                return Fault::answer(400, "entry too large: " + echo);
            default:
                return Fault::answer(503, echo);
        }
    });

    const std::string token = folder.append("token", std::string(kToken) + "\n");
    fs::permissions(token, fs::perms(0600));
    const std::string config =
        folder.append("config", "# password: " + std::string(kConfig) + "\nbatch-wait = 10ms\n");
    Daemon daemon(proxy.url());
    write_logs(daemon.log_dir());
    daemon.wrap({"/usr/bin/env", std::string("CODER_AGENT_TOKEN=") + kAgent,
                 std::string("LOKI_PASSWORD=") + kEnvironment});
    daemon.start({"--bearer-token-file", token, "--config", config, "--log-level", "debug"});

    const auto hook = test_support::run_command(
        {"/bin/sh", "-c",
         "printf '%s' '{\"hook_event_name\":\"PreToolUse\",\"tool_use_id\":\"t1\",\"tool_name\":"
         "\"Bash\",\"tool_input\":{\"command\":\"curl -H " +
             std::string(kHook) + "\"}}' | " + BOUNDARY_LOKI_BINARY +
             " toolcall hook --journal-dir " + daemon.log_dir() + "/toolcalls"});
    EXPECT_EQ(hook.status, 0);

    ASSERT_TRUE(eventually([&] { return turn >= 9; }, std::chrono::seconds(120))) << daemon.log();
    expect_clean("metrics", test_support::http_get(daemon.metrics_url()).second);
    expect_clean("argv", read_file("/proc/" + std::to_string(daemon.process().pid()) + "/cmdline"));
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();
    const auto state = contents_of(daemon.state_dir());
    for (const auto& [path, content] : state) {
        expect_clean(path, content);
    }
    EXPECT_GE(state.size(), 3U);

    well = true;
    daemon.start({"--bearer-token-file", token, "--config", config});
    append_to(daemon.log_dir(), end_to_end::log_name(2), end_to_end::deny_line(now_ns(), 7));
    EXPECT_TRUE(eventually([&] { return end_to_end::rows_by_id(loki).contains(7); }))
        << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    for (const auto& [path, content] : contents_of(daemon.state_dir())) {
        expect_clean(path, content);
    }
    expect_clean("log", daemon.log());
    expect_clean("journal", contents_of(daemon.log_dir() + "/toolcalls").begin()->second);

    std::size_t sent = 0;
    for (const auto& request : proxy.requests()) {
        expect_clean("target", request.target);
        for (const auto& [name, value] : request.headers) {
            if (name != "authorization") {
                expect_clean(name, value);
            }
        }
        std::string body;
        if (request.method == "POST") {
            ASSERT_TRUE(snappy::Uncompress(request.body.data(), request.body.size(), &body));
            expect_clean("push", body);
            ++sent;
        }
    }
    EXPECT_GE(sent, 3U);
    const std::int64_t now = now_ns();
    const auto rows = loki.rows("{job=\"boundary\"}", now - end_to_end::kHourNs, now);
    EXPECT_GE(rows.size(), 7U);
    for (const auto& row : rows) {
        expect_clean("Loki", row.line);
        for (const auto& [name, value] : row.labels) {
            expect_clean("Loki's " + name, value);
        }
    }
}

std::string lowered(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

/// Says which of the secrets stand in a text, in any case, escaped or not.
void expect_no_secret(const std::string& where, const std::string& text) {
    tailer::PercentDecoded decoded;
    decoded.assign(text);
    for (const std::string& seen : {lowered(text), lowered(std::string(decoded.text()))}) {
        for (const std::string_view part :
             {test_support::kSecretEnd, test_support::kSecretWordBegin}) {
            const std::string known = lowered(std::string(part));
            for (std::size_t at = seen.find(known); at != std::string::npos;
                 at = seen.find(known, at + 1)) {
                ADD_FAILURE() << where << ": "
                              << seen.substr(at < 160 ? 0 : at - 160, 180 + known.size());
            }
        }
    }
}

std::string unpacked(const SeenRequest& request) {
    std::string body;
    EXPECT_TRUE(snappy::Uncompress(request.body.data(), request.body.size(), &body));
    return body;
}

TEST(SecretsTest, NoFormOfASecretIsPushedOrKept) {
    FaultServer loki;
    std::atomic<int> turn = 0;
    std::atomic<bool> well = false;
    loki.set_rule([&](const SeenRequest& request) {
        if (request.method != "POST" || well) {
            return Fault::answer(request.method == "POST" ? 204 : 404);
        }
        // What an unlucky proxy makes of a push: it shows it all.
        constexpr int kRefused = 400;
        constexpr int kBroken = 500;
        return Fault::answer(turn++ % 2 == 0 ? kBroken : kRefused,
                             "entry too large: " + test_support::secret_number(999) + " " +
                                 unpacked(request).substr(0, 100));
    });
    Daemon daemon(loki.url());
    std::string stamp;
    base::append_rfc3339_nano(stamp, now_ns() / 1'000'000 * 1'000'000);
    const auto lines = test_support::secret_log(stamp);
    for (const auto& line : lines) {
        append_to(daemon.log_dir(), end_to_end::log_name(1), line + "\n");
    }
    daemon.start({"--log-level", "debug", "--batch-bytes", "16KiB"});
    const auto read = [&daemon] {
        double sum = 0;
        for (const char* kind : {"decision", "notice", "lifecycle", "unparsed"}) {
            sum += daemon.metric("boundary_loki_lines_total{kind=\"" + std::string(kind) + "\"}")
                       .value_or(0);
        }
        return static_cast<std::size_t>(sum);
    };
    ASSERT_TRUE(
        eventually([&] { return read() == lines.size() && turn >= 3; }, std::chrono::seconds(60)))
        << read() << " of " << lines.size() << "\n"
        << daemon.log();
    EXPECT_GT(daemon.metric("boundary_loki_lines_total{kind=\"lifecycle\"}"), 10);
    expect_no_secret("metrics", test_support::http_get(daemon.metrics_url()).second);
    EXPECT_EQ(daemon.stop(), 0);
    for (const auto& [path, content] : contents_of(daemon.state_dir())) {
        expect_no_secret(path, content);
    }
    well = true;
    daemon.start({"--log-level", "debug"});
    EXPECT_TRUE(
        eventually([&] { return daemon.metric("boundary_loki_pushed_entries_total") > 0; }));
    EXPECT_EQ(daemon.stop(), 0);
    for (const auto& [path, content] : contents_of(daemon.state_dir())) {
        expect_no_secret(path, content);
    }
    expect_no_secret("log", daemon.log());
    std::size_t pushes = 0;
    for (const auto& request : loki.requests()) {
        expect_no_secret("target", request.target);
        if (request.method == "POST") {
            expect_no_secret("push", unpacked(request));
            ++pushes;
        }
    }
    EXPECT_GE(pushes, 3U);
    EXPECT_GE(lines.size(), 150U);

    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"replay", "--output", "ndjson"},
          {"summary"},
          {"summary", "--json"},
          {"replay", "--output", "ndjson", "--notices", "all"}}) {
        std::vector<std::string> arguments = {BOUNDARY_LOKI_BINARY};
        arguments.insert(arguments.end(), command.begin(), command.end());
        arguments.push_back(daemon.log_dir());
        const auto result = test_support::run_command(arguments);
        EXPECT_EQ(result.status, 0) << command.front() << result.errors;
        EXPECT_NE(result.output, "");
        expect_no_secret(command.back(), result.output + result.errors);
    }
}

/// A tool call of ten secrets under the Boundary of this run, at info.
TEST(SecretsTest, NothingOfACommandLineLeaves) {
    const test_support::TempDir logs;
    const test_support::TempDir config;  // for its CA
    std::string script = "true";
    for (std::size_t i = 0; i < 10; ++i) {
        constexpr const char* kBefore[] = {"-H 'Authorization: Bearer ",
                                           "-u 'joe:",
                                           "--token '",
                                           "'https://joe@h.example/?a=",
                                           "-p'",
                                           "PASSWORD='",
                                           "--data '{\"prompt\": \"",
                                           "'",
                                           "--key='",
                                           "-H 'X-Api-Key: "};
        script += std::string(" ") + kBefore[i] + test_support::secret_number(i) + "'";
    }
    const auto call = test_support::run_command(
        {test_support::boundary_program(), "--log-dir", logs.path(), "--log-level", "info",
         "--allow", "domain=localhost", "--proxy-port", std::to_string(test_support::free_port()),
         "--", "sh", "-c", script},
        {{"BOUNDARY_JAIL_TYPE", "landjail"}, {"XDG_CONFIG_HOME", config.path()}});
    ASSERT_EQ(call.status, 0) << call.errors;
    std::string logged;
    for (const auto& entry : fs::directory_iterator(logs.path())) {
        logged += read_file(entry.path().string());
    }
    ASSERT_NE(logged.find(test_support::kSecretEnd), std::string::npos)
        << "Boundary no longer logs the command line: " << logged;
    const auto pushed = test_support::run_command(
        {BOUNDARY_LOKI_BINARY, "replay", "--output", "ndjson", logs.path()});
    EXPECT_EQ(pushed.status, 0) << pushed.errors;
    expect_no_secret("replay", pushed.output + pushed.errors);
    EXPECT_LE(std::ranges::count(pushed.output, '\n'), 1) << pushed.output;
}

}  // namespace
}  // namespace transport
