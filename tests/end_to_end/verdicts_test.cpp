// SPDX-License-Identifier: MIT
// What Loki, or what stands before it, says other than yes: the bad is kept aside with its reason,
// the good gets there, and nobody has to restart anything.
#include <atomic>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <snappy.h>

#include "exporter/loki/push_request.h"
#include "tests/end_to_end/decisions.h"
#include "tests/support/fault_server.h"

namespace end_to_end {
namespace {

using test_support::eventually;
using test_support::Fault;
using test_support::FaultServer;
using test_support::LokiServer;
using test_support::SeenRequest;

constexpr std::size_t kEach = 300;

std::string letters_path(const Daemon& daemon) {
    return daemon.state_dir() + "/dead-letter/rejected.ndjson";
}

std::size_t id_of(const std::string& line) {
    const std::size_t at = line.find("/d/");
    return at == std::string::npos ? SIZE_MAX : std::stoul(line.substr(at + 3));
}

/// Every tenth decision is older than Loki takes, every sixtieth is longer; what is said of each is
/// compared id by id. `long_reason` is why a long one is refused; empty when it is stored.
void keeps_just_the_poison_aside(const std::string& limits, std::size_t long_path_bytes,
                                 const std::string& long_reason) {
    LokiServer loki({.limits = limits});
    loki.start();
    Daemon daemon(loki.url());
    std::map<std::size_t, std::string> wanted_reason;
    const std::string long_path = "/" + std::string(long_path_bytes, 'x');
    for (std::size_t id = 0; id < kEach; ++id) {
        std::string line = decision_line(now_ns(), id);
        if (id % 10 == 3) {
            line = decision_line(now_ns() - 9 * kHourNs, id);
            wanted_reason[id] = "greater_than_max_sample_age";
        } else if (id % 60 == 5) {
            line = decision_line(now_ns(), id, long_path);
            if (!long_reason.empty()) {
                wanted_reason[id] = long_reason;
            }
        }
        append_to(daemon.log_dir(), log_name(1 + id % 3), line);
    }
    daemon.start({"--url-query", "keep"});
    EXPECT_TRUE(eventually([&] {
        return rows_by_id(loki).size() == kEach - wanted_reason.size() &&
               letters_in(letters_path(daemon)).size() == wanted_reason.size();
    })) << daemon.log().substr(0, 10'000);

    std::map<std::size_t, std::string> reason;
    for (const auto& letter : letters_in(letters_path(daemon))) {
        EXPECT_TRUE(reason.emplace(id_of(letter.line), letter.reason).second) << id_of(letter.line);
        EXPECT_NE(letter.detail, "");
    }
    EXPECT_EQ(reason, wanted_reason);
    const auto rows = rows_by_id(loki);
    for (std::size_t id = 0; id < kEach; ++id) {
        EXPECT_EQ(rows.contains(id) ? rows.at(id).size() : 0, wanted_reason.contains(id) ? 0U : 1U)
            << id;
    }
    // A letter is there before the disk has it, and only then is it counted and told of.
    EXPECT_TRUE(eventually([&] {
        return rejected_entries(daemon) == static_cast<double>(wanted_reason.size()) &&
               daemon.metric("boundary_loki_spool_segments") == 0;
    })) << rejected_entries(daemon);
    // The first of each kind at once; what follows within its minute is told with the next.
    EXPECT_EQ(occurrences(daemon.log(), "Loki refuses entries for good"),
              long_reason.empty() ? 1U : 2U);
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(VerdictsTest, KeepsJustThePoisonAsideWhenTheServersLimitsAreLow) {
    keeps_just_the_poison_aside("reject_old_samples_max_age: 8h, max_line_size: 8KB", 10U << 10U,
                                "line_too_long");
}

TEST(VerdictsTest, ALineThatOutgrowsTheDefaultLimitByWhatWeAddIsCutAndStored) {
    keeps_just_the_poison_aside("reject_old_samples_max_age: 8h", (256U << 10U) - 300, "");
}

TEST(VerdictsTest, KeepsEveryDecisionOfAStreamWhoseLabelIsTooLong) {
    LokiServer loki({.limits = "max_label_value_length: 64"});
    loki.start();
    Daemon daemon(loki.url());
    for (std::size_t id = 0; id < kEach; ++id) {
        append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), id));
    }
    daemon.start({"--label", "site=" + std::string(65, 's')});
    ASSERT_TRUE(eventually([&] { return letters_in(letters_path(daemon)).size() == kEach; }))
        << daemon.log();
    ASSERT_EQ(daemon.stop(), 0);
    std::set<std::size_t> ids;
    for (const auto& letter : letters_in(letters_path(daemon))) {
        EXPECT_EQ(letter.reason, "label_value_too_long");
        ids.insert(id_of(letter.line));
    }
    EXPECT_EQ(ids.size(), kEach);
    EXPECT_TRUE(rows_by_id(loki).empty());
}

TEST(VerdictsTest, HoldsWhatAWrongTokenKeepsOutUntilTheFileHoldsTheRightOne) {
    LokiServer loki;
    loki.start();
    FaultServer gate(loki.port());
    gate.set_rule([](const SeenRequest& request) {
        const auto token = request.headers.find("authorization");
        const bool right = token != request.headers.end() && token->second == "Bearer right-token";
        return right ? Fault::of(Fault::Kind::Forward) : Fault::answer(401, "no such token\n");
    });
    const test_support::TempDir folder;
    const std::string token_file = folder.append("token", "wrong-token\n");
    Daemon daemon(gate.url());
    for (std::size_t id = 0; id < kEach; ++id) {
        append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), id));
    }
    daemon.start({"--bearer-token-file", token_file});
    ASSERT_TRUE(eventually([&] {
        return daemon.metric("boundary_loki_push_requests_total{code=\"401\"}").value_or(0) >= 4;
    })) << daemon.log();
    std::ofstream(token_file) << "right-token\n";
    EXPECT_EQ(judge_when_there(loki, kEach), kAllThereOnce) << daemon.log();
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(kEach));
    EXPECT_EQ(occurrences(daemon.log(), "Loki does not take our pushes"), 1U) << daemon.log();
    // What Loki shows, the daemon may not have been told yet.
    EXPECT_TRUE(eventually([&] { return occurrences(daemon.log(), "Loki is back") == 1; }))
        << daemon.log();
    EXPECT_EQ(occurrences(daemon.log(), "wrong-token"), 0U) << daemon.log();
    EXPECT_EQ(occurrences(daemon.log(), "right-token"), 0U) << daemon.log();
    EXPECT_EQ(rejected_entries(daemon), 0);
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(VerdictsTest, PushesWithoutStructuredMetadataWhereItIsRefusedAndSaysSoOnce) {
    LokiServer loki({.limits = "allow_structured_metadata: false"});
    loki.start();
    Daemon daemon(loki.url());
    for (std::size_t id = 0; id < kEach; ++id) {
        append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), id));
    }
    daemon.start();
    EXPECT_EQ(judge_when_there(loki, kEach), kAllThereOnce) << daemon.log();
    for (std::size_t id = kEach; id < 2 * kEach; ++id) {
        append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), id));
    }
    EXPECT_EQ(judge_when_there(loki, 2 * kEach), kAllThereOnce) << daemon.log();
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(2 * kEach));
    for (const auto& [id, rows] : rows_by_id(loki)) {
        EXPECT_FALSE(rows.front().labels.contains("domain")) << rows.front().line;
        EXPECT_NE(rows.front().line.find("\"domain\":\"host"), std::string::npos);
    }
    EXPECT_EQ(occurrences(daemon.log(), "takes no structured metadata"), 1U) << daemon.log();
    EXPECT_EQ(rejected_entries(daemon), 0);
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(VerdictsTest, AStreamThatTheServerHasNoRoomForHoldsUpNoOther) {
    LokiServer loki({.limits = "max_global_streams_per_user: 1"});
    loki.start();
    Daemon daemon(loki.url());
    append_to(daemon.log_dir(), log_name(1), allow_line(now_ns(), 0));
    daemon.start();
    ASSERT_EQ(judge_when_there(loki, 1), kAllThereOnce) << daemon.log();
    for (std::size_t id = 1; id < kEach; ++id) {
        append_to(daemon.log_dir(), log_name(1), deny_line(now_ns(), kEach + id));
        append_to(daemon.log_dir(), log_name(1), allow_line(now_ns(), id));
    }
    EXPECT_EQ(judge_when_there(loki, kEach), kAllThereOnce) << daemon.log();
    ASSERT_TRUE(eventually([&] {
        return daemon.metric("boundary_loki_push_requests_total{code=\"429\"}").value_or(0) >= 2;
    })) << daemon.log();
    EXPECT_EQ(rows_by_id(loki).size(), kEach);
    EXPECT_EQ(rejected_entries(daemon), 0);
    EXPECT_EQ(daemon.stop(), 0);
}

bool is_deny(const SeenRequest& request) {
    std::string plain;
    if (!snappy::Uncompress(request.body.data(), request.body.size(), &plain)) {
        return false;
    }
    const auto labels = exporter::decode_push_request(plain).first;
    return labels.find("decision=\"deny\"") != std::string_view::npos;
}

TEST(VerdictsTest, AStreamThatIsRefusedForAWhileArrivesInTheEnd) {
    LokiServer loki;
    loki.start();
    FaultServer gate(loki.port());
    std::atomic<bool> mended = false;
    gate.set_rule([&](const SeenRequest& request) {
        return !mended && request.method == "POST" && is_deny(request)
                   ? Fault::answer(429, "maximum active stream limit exceeded\n")
                   : Fault::of(Fault::Kind::Forward);
    });
    Daemon daemon(gate.url());
    for (std::size_t id = 0; id < kEach; ++id) {
        append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), id));
    }
    daemon.start();
    // Long enough for the refused to go to the spool.
    EXPECT_TRUE(eventually([&] {
        return rows_by_id(loki).size() == kEach / 3 * 2 &&
               daemon.metric("boundary_loki_spool_segments").value_or(0) >= 1;
    })) << daemon.log();
    mended = true;
    EXPECT_EQ(judge_when_there(loki, kEach), kAllThereOnce) << daemon.log();
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(kEach));
    EXPECT_EQ(rejected_entries(daemon), 0);
    EXPECT_TRUE(eventually([&] { return daemon.metric("boundary_loki_spool_segments") == 0; }));
    EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace end_to_end
