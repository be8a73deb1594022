// SPDX-License-Identifier: MIT
// The main job, nothing mocked: a firewalled curl, Boundary's own log file, the daemon, the stock
// Loki.
#include <algorithm>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/clock.h"
#include "tests/end_to_end/boundary.h"
#include "tests/end_to_end/daemon.h"
#include "tests/support/programs.h"

namespace end_to_end {
namespace {

using test_support::eventually;
using test_support::LokiServer;

constexpr std::int64_t kHourNs = 3'600'000'000'000;

/// 20 kinds of request, some of them several times back to back: 52 in all.
std::vector<Request> mixed_requests(const std::string& port) {
    const std::string ip = "http://127.0.0.1:" + port;
    const std::string name = "http://localhost:" + port;
    std::vector<Request> requests;
    const auto add = [&requests](int times, const Request& request) {
        requests.insert(requests.end(), static_cast<std::size_t>(times), request);
    };
    add(9, {"GET", ip + "/same", "allow", "127.0.0.1"});
    add(3, {"POST", ip + "/upload?part=1&of=2", "allow", "127.0.0.1"});
    add(2, {"HEAD", ip + "/", "allow", "127.0.0.1"});
    add(5, {"GET", name + "/x%20y", "allow", "localhost"});
    add(2, {"DELETE", name + "/thing;v=1", "allow", "localhost"});
    add(2, {"GET", name + "?only=query", "allow", "localhost"});
    add(9, {"GET", "http://npm.registry.example/left-pad", "deny", "npm.registry.example"});
    add(4, {"GET", "https://npm.registry.example/is-odd", "deny", "npm.registry.example"});
    add(3, {"PUT", "http://evil.example:8443/exfil?data=abc", "deny", "evil.example"});
    add(2, {"GET", "http://[2001:db8::1]:8080/v6", "deny", "2001:db8::1"});
    add(2, {"GET", "http://UPPER.example/", "deny", "upper.example"});
    add(2, {"GET", "http://user:pw@creds.example/", "deny", "creds.example"});
    add(1, {"M-SEARCH", "http://odd.example/", "deny", "odd.example"});
    add(6, {"POST", "https://api.example/v1/messages", "deny", "api.example"});
    return requests;
}

Counts counts_in(const LokiServer& loki, std::int64_t now_ns) {
    const auto [status, body] = loki.get(
        "/loki/api/v1/query", {{"query",
                                "sum by (decision, domain, http_method) (count_over_time({job="
                                "\"boundary\", decision=~\"allow|deny\"}[1h]))"},
                               {"time", std::to_string(now_ns)}});
    Counts counts;
    simdjson::dom::parser parser;
    const auto document = parser.parse(body);
    for (const auto result : document["data"]["result"].get_array()) {
        const auto label = [&result](const char* name) {
            std::string_view value;
            const auto found = result["metric"][name].get(value);
            return std::string(found == simdjson::SUCCESS ? value : "");
        };
        counts[{label("decision"), label("domain"), label("http_method")}] =
            std::stoll(std::string(std::string_view(result["value"].at(1))));
    }
    return counts;
}

/// The claim, for one Boundary program.
void every_request_is_counted_once(const std::string& program) {
    const Upstream upstream;
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    daemon.start();  // before there is a log folder

    // Three invocations, as three tool calls would be; what is counted is what was asked for.
    const auto requests = mixed_requests(upstream.port());
    ASSERT_GE(requests.size(), 40U);
    for (std::size_t part = 0; part < 3; ++part) {
        std::vector<Request> share;
        for (std::size_t i = part; i < requests.size(); i += 3) {
            share.push_back(requests[i]);
        }
        // Back to back again within each share.
        run_jailed(program, daemon.log_dir(), share);
    }
    const Counts wanted = count_by_decision_domain_method(requests);
    const base::SystemClock clock;
    Counts found;
    EXPECT_TRUE(eventually([&] {
        found = counts_in(loki, clock.wall_ns());
        return found == wanted;
    })) << daemon.log();
    EXPECT_EQ(found, wanted);

    const auto by_decision = [&](const std::string& decision) {
        return std::ranges::count(requests, decision, &Request::decision);
    };
    EXPECT_EQ(daemon.metric("boundary_loki_decisions_total{decision=\"allow\"}"),
              by_decision("allow"));
    EXPECT_EQ(daemon.metric("boundary_loki_decisions_total{decision=\"deny\"}"),
              by_decision("deny"));
    EXPECT_EQ(daemon.metric("boundary_loki_lines_total{kind=\"unparsed\"}"), 0);
    // Loki answers queries about a push a moment before it answers the push.
    EXPECT_TRUE(eventually([&] { return daemon.metric("boundary_loki_lag_seconds") == 0; }));
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(loki.metric("loki_discarded_samples_total"), 0);

    // The same files, replayed into an empty Loki, give the same.
    LokiServer empty;
    empty.start();
    const std::vector<std::string> identity = {
        "--owner", "joe",        "--workspace", "w1",          "--agent",
        "main",    "--template", "firewalled",  "--namespace", "coder-workspaces"};
    std::vector<std::string> replay = {BOUNDARY_LOKI_BINARY, "replay", daemon.log_dir(),
                                       "--loki-url", empty.url()};
    replay.insert(replay.end(), identity.begin(), identity.end());
    const auto replayed = test_support::run_command(replay);
    ASSERT_EQ(replayed.status, 0) << replayed.errors;
    EXPECT_EQ(counts_in(empty, clock.wall_ns()), wanted);
    // Once more, into the Loki that the daemon has filled: nothing is counted twice.
    replay[4] = loki.url();
    EXPECT_EQ(test_support::run_command(replay).status, 0);
    EXPECT_EQ(counts_in(loki, clock.wall_ns()), wanted);

    // And `--output ndjson` prints the very entries that Loki has.
    std::vector<std::string> print = {BOUNDARY_LOKI_BINARY, "replay", daemon.log_dir(), "--output",
                                      "ndjson"};
    print.insert(print.end(), identity.begin(), identity.end());
    const auto printed = test_support::run_command(print);
    ASSERT_EQ(printed.status, 0) << printed.errors;
    std::multiset<std::pair<std::int64_t, std::string>> shown;
    std::istringstream lines(printed.output);
    simdjson::dom::parser parser;
    for (std::string line; std::getline(lines, line);) {
        const auto entry = parser.parse(line);
        shown.emplace(std::stoll(std::string(std::string_view(entry["timestamp"]))),
                      std::string(std::string_view(entry["line"])));
        EXPECT_EQ(std::string_view(entry["stream"]["owner"]), "joe");
    }
    for (const auto* server : {&loki, &empty}) {
        std::multiset<std::pair<std::int64_t, std::string>> stored;
        for (const auto& row : server->rows("{job=\"boundary\"}", clock.wall_ns() - kHourNs,
                                            clock.wall_ns() + kHourNs)) {
            stored.emplace(row.timestamp_ns, row.line);
            EXPECT_EQ(row.labels.at("namespace"), "coder-workspaces");
        }
        EXPECT_EQ(stored, shown);
    }
}

TEST(MainJobTest, EveryRequestIsCountedOnce) {
    every_request_is_counted_once(test_support::boundary_program());
}

}  // namespace
}  // namespace end_to_end
