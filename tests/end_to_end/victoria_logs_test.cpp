// SPDX-License-Identifier: MIT
// What we push is judged by a server that is not ours and that anyone can have. VictoriaLogs has no
// dedup, so what it holds twice was sent twice.
#include "tests/support/victoria_logs.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/end_to_end/boundary.h"
#include "tests/end_to_end/decisions.h"
#include "tests/support/fault_server.h"
#include "tests/support/programs.h"

namespace end_to_end {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test_support::eventually;
using test_support::Fault;
using test_support::FaultServer;
using test_support::run_command;
using test_support::SeenRequest;
using test_support::VictoriaLogs;
using testing::HasSubstr;

constexpr const char* kDecisions = R"({job="boundary", decision=~"allow|deny"})";

/// How often each id of [0, count) is stored.
Verdict judge_stored(const VictoriaLogs& server, std::size_t count) {
    std::vector<int> times(count);
    for (const auto& row : server.query(std::string(kDecisions) + " | fields _msg")) {
        const std::string& line = row.at("_msg");
        const std::size_t at = line.find("/d/");
        const std::size_t id =
            at == std::string::npos ? count : std::strtoull(line.c_str() + at + 3, nullptr, 10);
        if (id < count) {
            ++times[id];
        }
    }
    return {.lost = static_cast<std::size_t>(std::ranges::count(times, 0)),
            .doubled = static_cast<std::size_t>(
                std::ranges::count_if(times, [](int stored) { return stored > 1; }))};
}

bool holds(const VictoriaLogs& server, std::size_t count) {
    return eventually([&] { return server.count(kDecisions) >= count; }, seconds(90));
}

void write(const Daemon& daemon, std::size_t first, std::size_t end, std::size_t files = 20) {
    for (std::size_t id = first; id < end; ++id) {
        append_to(daemon.log_dir(), log_name(1 + id % files), decision_line(now_ns(), id));
    }
}

class VictoriaLogsTest : public testing::Test {
protected:
    VictoriaLogsTest() { server_.start(); }

    VictoriaLogs server_;
};

TEST_F(VictoriaLogsTest, HoldsEachRequestOfTheMainJobOnceWithItsLineLabelsAndMetadata) {
    const Upstream upstream;
    const std::string allowed = "http://127.0.0.1:" + upstream.port() + "/up?part=1";
    std::vector<Request> requests(7, {"POST", allowed, "allow", "127.0.0.1"});
    requests.insert(requests.end(), 5, {"GET", "http://evil.example/x", "deny", "evil.example"});
    requests.push_back({"PUT", "https://api.example/v1", "deny", "api.example"});
    Daemon daemon(server_.url());
    daemon.start();
    run_jailed(test_support::boundary_program(), daemon.log_dir(), requests);
    EXPECT_TRUE(holds(server_, requests.size())) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();

    Counts found;
    for (const auto& row : server_.query(
             std::string(kDecisions) + R"( owner:="joe" workspace_name:="w1" agent_name:="main" | )"
                                       "stats by (decision, domain, http_method) count() n")) {
        found[{row.at("decision"), row.at("domain"), row.at("http_method")}] =
            std::stoll(row.at("n"));
    }
    EXPECT_EQ(found, count_by_decision_domain_method(requests));
    EXPECT_EQ(daemon.log().find("read back"), std::string::npos) << daemon.log();

    // The line came over as a whole, and the server can take it apart.
    const auto rows = server_.query(std::string(kDecisions) +
                                    R"( decision:="allow" | limit 1 | unpack_json from _msg)");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].at("msg"), "boundary_request");
    EXPECT_THAT(rows[0].at("fields.http_url"), HasSubstr("/up?part="));
    EXPECT_EQ(rows[0].at("matched_rule"), rows[0].at("fields.matched_rule"));
}

TEST_F(VictoriaLogsTest, VerifyTellsWhatItHolds) {
    constexpr std::size_t kCount = 1'500;  // more than a page
    const test_support::TempDir folder;
    for (std::size_t id = 0; id < kCount; ++id) {
        append_to(folder.file("logs"), log_name(id % 3), decision_line(now_ns(), id));
    }
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), BOUNDARY_LOKI_BINARY);
        arguments.insert(arguments.end(), {"--loki-url", server_.url()});
        return run_command(arguments);
    };
    ASSERT_EQ(run({"replay", folder.file("logs")}).status, 0);
    ASSERT_TRUE(holds(server_, kCount));
    const auto held = run({"verify", folder.file("logs")});
    EXPECT_EQ(held.status, 0) << held.output << held.errors;
    const auto numbers = run({"verify"});
    EXPECT_EQ(numbers.status, 0) << numbers.output << numbers.errors;
    EXPECT_THAT(numbers.output, HasSubstr("1,500 decisions"));

    append_to(folder.file("logs"), log_name(2), decision_line(now_ns(), kCount));
    const auto missing = run({"verify", folder.file("logs")});
    EXPECT_EQ(missing.status, 1);
    EXPECT_THAT(missing.output, HasSubstr("missing 1: decision 500"));
    ASSERT_EQ(run({"replay", folder.file("logs"), "--label", "site=lab"}).status, 0);
    ASSERT_TRUE(holds(server_, 2 * kCount + 1));
    const auto doubled = run({"verify", folder.file("logs")});
    EXPECT_EQ(doubled.status, 1);
    EXPECT_THAT(doubled.output, HasSubstr("NOT COMPLETE: 0 missing, 1,500 doubled"));
}

TEST_F(VictoriaLogsTest, HoldsTheSamplesOnceHoweverOftenTheyAreReplayed) {
    const std::string source = BOUNDARY_LOKI_SOURCE_DIR;
    const std::vector<std::string> replay = {BOUNDARY_LOKI_BINARY,
                                             "replay",
                                             source + "/tests/samples/boundary_logs",
                                             source + "/tests/data/odd_lines",
                                             "--loki-url",
                                             server_.url()};
    auto print = replay;
    print.erase(print.end() - 2, print.end());
    print.insert(print.end(), {"--output", "ndjson"});
    const auto printed = run_command(print);
    ASSERT_EQ(printed.status, 0) << printed.errors;
    std::multiset<std::string> wanted;
    std::istringstream lines(printed.output);
    simdjson::dom::parser parser;
    for (std::string line; std::getline(lines, line);) {
        wanted.emplace(std::string_view(parser.parse(line)["line"]));
    }
    ASSERT_GT(wanted.size(), 53U);  // the decisions, and some notices
    for (int round = 0; round < 2; ++round) {
        const auto replayed = run_command(replay);
        ASSERT_EQ(replayed.status, 0) << replayed.errors;
        EXPECT_TRUE(eventually([&] { return server_.count("*") >= wanted.size(); }));
        std::multiset<std::string> stored;
        for (const auto& row : server_.query("* | fields _msg")) {
            stored.insert(row.at("_msg"));
        }
        EXPECT_EQ(stored, wanted) << "round " << round;
    }
}

TEST_F(VictoriaLogsTest, CountsEachOfManyEqualDecisionsOfOneMillisecond) {
    constexpr std::size_t kRepeats = 2'000;
    Daemon daemon(server_.url());
    const std::string line = decision_line(now_ns(), 1);
    std::string burst;
    for (std::size_t i = 0; i < kRepeats; ++i) {
        burst += line;
    }
    append_to(daemon.log_dir(), log_name(1), burst);
    append_to(daemon.log_dir(), log_name(2), line);
    daemon.start();
    EXPECT_TRUE(holds(server_, kRepeats + 1)) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(server_.count(kDecisions), kRepeats + 1);
    EXPECT_EQ(server_.query(std::string(kDecisions) + " | uniq by (_time, session)").size(),
              kRepeats + 1)
        << "an instant of its own for each";
}

TEST_F(VictoriaLogsTest, GetsWhatHappenedWhileItWasAway) {
    constexpr std::size_t kEach = 400;
    Daemon daemon(server_.url());
    daemon.start();
    write(daemon, 0, kEach);
    EXPECT_TRUE(holds(server_, kEach)) << daemon.log();
    server_.stop();
    write(daemon, kEach, 2 * kEach);
    ASSERT_TRUE(eventually([&] {
        return daemon.metric("boundary_loki_spool_segments").value_or(0) >= 1;
    })) << daemon.log();
    server_.start();
    EXPECT_TRUE(holds(server_, 2 * kEach)) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(judge_stored(server_, 2 * kEach), kAllThereOnce);
}

Fault one_of_many(std::mt19937_64& random) {
    const auto draw = random() % 100;
    if (draw < 60) {
        return Fault::of(Fault::Kind::Forward);
    }
    if (draw < 80) {
        return Fault::of(Fault::Kind::ForwardAndDrop);
    }
    if (draw < 90) {
        return Fault::of(Fault::Kind::DropUnanswered);
    }
    return Fault::answer(draw < 95 ? 429 : 503, "no room\n");
}

TEST_F(VictoriaLogsTest, HoldsNothingTwiceWhereAnswersAreLostAndTheDaemonIsKilled) {
    constexpr std::size_t kRounds = 6;
    constexpr std::size_t kEach = 500;
    const char* given = std::getenv("BOUNDARY_LOKI_SEED");
    const auto seed = given != nullptr ? std::stoull(given) : std::random_device{}();
    SCOPED_TRACE("BOUNDARY_LOKI_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    FaultServer network(server_.port());
    network.set_rule([faults = std::mt19937_64(seed + 1)](const SeenRequest& request) mutable {
        return request.method == "GET" ? Fault::of(Fault::Kind::Forward) : one_of_many(faults);
    });
    Daemon daemon(network.url() + "/insert");
    const std::vector<std::string> flags = {"--batch-wait", "100ms", "--batch-bytes", "16KiB"};
    for (std::size_t round = 0; round < kRounds; ++round) {
        daemon.start(flags);
        write(daemon, round * kEach, (round + 1) * kEach, 50);
        // Half of the lives are long enough to read back what the one before has left.
        std::this_thread::sleep_for(milliseconds(round % 2 * 3500 + random() % 500));
        daemon.kill();
    }
    network.set_rule([](const SeenRequest&) { return Fault::of(Fault::Kind::Forward); });
    daemon.start(flags);
    EXPECT_TRUE(holds(server_, kRounds * kEach)) << daemon.log();
    EXPECT_TRUE(eventually([&] {
        return daemon.metric("boundary_loki_lag_seconds") == 0 &&
               daemon.metric("boundary_loki_spool_segments") == 0;
    }));
    EXPECT_EQ(daemon.stop(), 0);
    std::this_thread::sleep_for(seconds(2));  // by then it shows all that it took
    EXPECT_EQ(judge_stored(server_, kRounds * kEach), kAllThereOnce);
}

TEST_F(VictoriaLogsTest, LosesNothingWhereItCannotBeReadAndSaysThatItMayHoldThingsTwice) {
    constexpr std::size_t kCount = 300;
    FaultServer network(server_.port());
    network.set_rule([pushes = 0](const SeenRequest& request) mutable {
        if (request.method == "GET") {
            return Fault::answer(403, "no reading\n");
        }
        return Fault::of(++pushes == 1 ? Fault::Kind::ForwardAndDrop : Fault::Kind::Forward);
    });
    Daemon daemon(network.url() + "/insert");
    write(daemon, 0, kCount);
    daemon.start();
    EXPECT_TRUE(eventually([&] { return judge_stored(server_, kCount).lost == 0; }, seconds(60)))
        << daemon.log();
    EXPECT_EQ(occurrences(daemon.log(), "cannot read back from VictoriaLogs"), 1U) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_TRUE(eventually([&] { return judge_stored(server_, kCount).doubled > 0; }))
        << "so read-back is what keeps it exact";
}

class VictoriaLogsDoctorTest : public VictoriaLogsTest {
protected:
    [[nodiscard]] std::string doctor(const std::string& url) const {
        return run_command({BOUNDARY_LOKI_BINARY, "doctor", "--json", "--loki-url", url,
                            "--log-dir", folder_.file("logs"), "--state-dir",
                            folder_.file("state")})
            .output;
    }
    /// The finding of one check as doctor's JSON has it.
    static std::string finding(const std::string& report, const std::string& check) {
        simdjson::dom::parser parser;
        for (const auto one : parser.parse(report)["findings"].get_array()) {
            if (std::string_view(one["check"]) == check) {
                return simdjson::minify(one);
            }
        }
        return "";
    }

    test_support::TempDir folder_;
};

TEST_F(VictoriaLogsDoctorTest, PushesAProbeReadsItBackAndNamesTheServer) {
    const std::string report = doctor(server_.url());
    for (const char* check : {"loki-ready", "loki-query", "loki-probe", "loki-server"}) {
        EXPECT_THAT(finding(report, check), HasSubstr(R"("state":"ok")")) << check << report;
    }
    EXPECT_THAT(finding(report, "loki-server"), HasSubstr("VictoriaLogs"));
    EXPECT_EQ(finding(report, "dashboard-totals"), "") << "its dashboards are not Loki's";
}

TEST_F(VictoriaLogsDoctorTest, SaysWhichAddressItTakesPushesAt) {
    const std::string url = server_.url().substr(0, server_.url().rfind('/'));
    EXPECT_THAT(finding(doctor(url), "loki-probe"), HasSubstr("/insert"));
    // And the daemon holds what it cannot push there, for the address to be mended.
    Daemon daemon(url);
    write(daemon, 0, 20);
    daemon.start();
    EXPECT_TRUE(eventually([&] { return occurrences(daemon.log(), "below /insert") == 1; }))
        << daemon.log();
    EXPECT_EQ(rejected_entries(daemon), 0);
    EXPECT_EQ(daemon.stop(), 0);
    daemon.start({"--loki-url", server_.url()});
    EXPECT_TRUE(holds(server_, 20)) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(judge_stored(server_, 20), kAllThereOnce);
}

}  // namespace
}  // namespace end_to_end
