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
#include "tests/end_to_end/decisions.h"
#include "tests/support/fault_server.h"

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

}  // namespace
}  // namespace transport
