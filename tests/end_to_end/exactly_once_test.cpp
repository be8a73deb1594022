// SPDX-License-Identifier: MIT
// Nothing is lost and nothing is counted twice: checked decision by decision, by a unique id in its
// URL, in log rows and in metric queries alike.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "tests/end_to_end/decisions.h"
#include "tests/support/fault_server.h"

namespace end_to_end {
namespace {

using std::chrono::milliseconds;
using test_support::Fault;
using test_support::FaultServer;
using test_support::LokiServer;

std::uint64_t environment_number(const char* name, std::uint64_t fallback) {
    const char* text = std::getenv(name);
    return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

/// Appends decisions with ids 0, 1, 2 ... to many files, at random.
class Writer {
public:
    Writer(const std::string& folder, std::size_t files, std::uint64_t seed) : random_(seed) {
        for (std::size_t i = 0; i < files; ++i) {
            files_.emplace_back(folder + "/" + log_name(i + 1), std::ios::app);
        }
    }
    void write(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            std::uniform_int_distribution<std::size_t> pick(0, files_.size() - 1);
            files_[pick(random_)] << decision_line(now_ns(), next_id_++) << std::flush;
        }
    }
    [[nodiscard]] std::size_t written() const { return next_id_; }

private:
    std::mt19937_64 random_;
    std::vector<std::ofstream> files_;
    std::size_t next_id_ = 0;
};

/// One draw of what the network and the server do to a push.
Fault random_fault(std::mt19937_64& random) {
    std::uniform_int_distribution<int> percent(0, 99);
    std::uniform_int_distribution<int> delay_ms(0, 60);
    const int draw = percent(random);
    const milliseconds delay(delay_ms(random));
    if (draw < 60) {
        return Fault::of(Fault::Kind::Forward).after(delay);
    }
    if (draw < 72) {
        return Fault::of(Fault::Kind::ForwardAndDrop).after(delay);
    }
    if (draw < 80) {
        return Fault::of(Fault::Kind::DropUnanswered).after(delay);
    }
    if (draw < 86) {
        return Fault::answer(429, "ingestion rate limit exceeded\n");
    }
    if (draw < 92) {
        return Fault::answer(500, "rpc error: code = Unavailable\n");
    }
    if (draw < 97) {
        return Fault::answer(503, "service unavailable\n");
    }
    return Fault::answer(413, "too large\n");
}

/// The same, and half of what it forwards takes its time: it may land when its sender is dead, and
/// its successor has asked for it.
Fault random_slow_fault(std::mt19937_64& random) {
    std::uniform_int_distribution<int> way_ms(200, 1'500);
    const milliseconds way(random() % 2 == 0 ? way_ms(random) : 0);
    return random_fault(random).underway(way);
}

struct Plan {
    std::size_t rounds = 200;
    std::size_t decisions = 100'000;
    std::size_t files = 500;
    bool queries_allowed = true;
    bool slow = false;  ///< the network; and lives are longer
};

struct Outcome {
    Verdict rows;
    std::int64_t metric_excess = 0;
};

/// Kills the daemon again and again while it works through a faulty network; then lets it finish.
Outcome kill_again_and_again(const Plan& plan) {
    const std::uint64_t seed = environment_number("BOUNDARY_LOKI_SEED", std::random_device{}());
    const std::size_t rounds = environment_number("BOUNDARY_LOKI_ROUNDS", plan.rounds);
    const std::size_t decisions =
        environment_number("BOUNDARY_LOKI_DECISIONS", plan.decisions / plan.rounds * rounds);
    std::cout << "seed " << seed << " (set BOUNDARY_LOKI_SEED to run it again), " << rounds
              << " rounds\n";
    std::mt19937_64 random(seed);
    LokiServer loki;
    loki.start();
    FaultServer network(loki.port());
    std::mt19937_64 faults(seed + 1);
    network.set_rule([&](const test_support::SeenRequest& request) {
        if (request.method == "GET") {
            return plan.queries_allowed ? Fault::of(Fault::Kind::Forward)
                                        : Fault::answer(403, "queries are forbidden\n");
        }
        return plan.slow ? random_slow_fault(faults) : random_fault(faults);
    });

    Daemon daemon(network.url());
    std::filesystem::create_directories(daemon.log_dir());
    Writer writer(daemon.log_dir(), plan.files, seed + 2);
    const std::vector<std::string> flags = {"--batch-wait", "100ms", "--batch-bytes", "64KiB"};
    std::uniform_int_distribution<int> life_ms(plan.slow ? 300 : 50, plan.slow ? 2'500 : 600);
    for (std::size_t round = 0; round < rounds; ++round) {
        daemon.start(flags);
        const std::jthread writing([&] { writer.write(decisions / rounds); });
        std::this_thread::sleep_for(milliseconds(life_ms(random)));
        daemon.kill();
    }
    writer.write(decisions - writer.written());

    network.set_rule(
        [](const test_support::SeenRequest&) { return Fault::of(Fault::Kind::Forward); });
    if (!plan.queries_allowed) {
        network.set_rule([](const test_support::SeenRequest& request) {
            return request.method == "GET" ? Fault::answer(403, "queries are forbidden\n")
                                           : Fault::of(Fault::Kind::Forward);
        });
    }
    const auto mended = std::chrono::steady_clock::now();
    daemon.start(flags);
    EXPECT_EQ(judge_when_there(loki, decisions, std::chrono::minutes(10)).lost, 0U) << daemon.log();
    const std::chrono::duration<double> caught_up = std::chrono::steady_clock::now() - mended;
    EXPECT_EQ(daemon.stop(), 0);
    Outcome outcome;
    outcome.rows = judge_when_there(loki, decisions);
    outcome.metric_excess = metric_count(loki) - static_cast<std::int64_t>(decisions);
    std::cout << "decisions " << decisions << ", lost " << outcome.rows.lost << ", doubled "
              << outcome.rows.doubled << ", count_over_time off by " << outcome.metric_excess
              << ", caught up " << caught_up.count() << " s after the last fault\n";
    return outcome;
}

TEST(ExactlyOnceTest, KilledAtRandomMomentsBehindAFaultyNetworkLosesAndDoublesNothing) {
    const Outcome outcome = kill_again_and_again({});
    EXPECT_EQ(outcome.rows.lost, 0U);
    EXPECT_EQ(outcome.rows.doubled, 0U);
    EXPECT_EQ(outcome.metric_excess, 0);
}

// The storm: BOUNDARY_LOKI_ROUNDS=40 BOUNDARY_LOKI_DECISIONS=100000.
TEST(ExactlyOnceTest, KilledBehindANetworkThatDelaysPushesCountsEachOnce) {
    const Outcome outcome =
        kill_again_and_again({.rounds = 2, .decisions = 2'000, .files = 20, .slow = true});
    EXPECT_EQ(outcome.rows.lost, 0U);
    EXPECT_EQ(outcome.rows.doubled, 0U);
    EXPECT_EQ(outcome.metric_excess, 0);
}

TEST(ExactlyOnceTest, KilledAtRandomMomentsWithQueriesForbiddenLosesAndDoublesNoLogRow) {
    const Outcome outcome =
        kill_again_and_again({.rounds = 60, .decisions = 30'000, .queries_allowed = false});
    EXPECT_EQ(outcome.rows.lost, 0U);
    EXPECT_EQ(outcome.rows.doubled, 0U);
    EXPECT_GE(outcome.metric_excess, 0);
}

}  // namespace
}  // namespace end_to_end
