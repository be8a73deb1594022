// SPDX-License-Identifier: MIT
#include "bridge/verify/reconciliation.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/nanoseconds.h"
#include "base/rfc3339.h"
#include "tailer/records/enricher.h"

namespace bridge::verify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr KeyedHash kFleetHash(3, 4);
constexpr std::int64_t kStartNs = 1'781'006'400 * base::kNanosPerSecond;
constexpr auto kOneSession = "boundary-2026-06-09_12-00-00-1";

struct Made {
    std::string workspace = "w1";
    std::uint64_t seq = 0;
    std::int64_t event_ns = kStartNs;
    std::string url = "https://h.example/a";
    bool allow = false;
};

std::string our_line(const Made& made, tailer::LineFormat format = tailer::LineFormat::Json) {
    tailer::EnrichSettings settings;
    settings.line_format = format;
    settings.identity.owner = "joe";
    settings.identity.workspace_name = made.workspace;
    tailer::Enricher enricher(settings);
    tailer::Decision decision;
    decision.verdict = made.allow ? tailer::Verdict::Allow : tailer::Verdict::Deny;
    decision.time_ns = made.event_ns / base::kNanosPerMillisecond * base::kNanosPerMillisecond;
    decision.method = "GET";
    decision.url = made.url;
    decision.host = "h.example";
    return std::string(enricher.enrich(decision, kOneSession, made.seq).line);
}

std::string coderd_json(const Made& made) {
    std::string line =
        R"({"ts":"2026-06-09T12:00:01Z","level":"INFO","msg":"boundary_request","caller":"x","func":"y",)"
        R"("logger_names":["coderd","agentrpc"],"fields":{"owner":"joe","workspace_name":")" +
        made.workspace + R"(","agent_name":"main","decision":")" + (made.allow ? "allow" : "deny") +
        R"(","http_method":"GET","http_url":")" + made.url + R"(","event_time":")";
    base::append_rfc3339_nano(line, made.event_ns);
    return line + R"(","request_id":"r"}})";
}

std::string coderd_text(const Made& made) {
    std::string line =
        "2026-06-09 12:00:01.234 [info]  coderd.agentrpc: boundary_request  owner=joe  "
        "workspace_name=" +
        made.workspace + "  agent_name=main  decision=" + (made.allow ? "allow" : "deny") +
        "  http_method=GET  http_url=" + made.url + "  event_time=";
    base::append_rfc3339_nano(line, made.event_ns);
    return line + "  matched_rule=\"domain=h.example path=/\"  request_id=r";
}

class ReconciliationTest : public testing::Test {
protected:
    Reconciliation both_{kFleetHash, tailer::QueryPolicy::Redact, kStartNs,
                         kStartNs + 3600 * base::kNanosPerSecond};
};

TEST_F(ReconciliationTest, OneRequestIsOneInWhateverShape) {
    const std::string url = "https://h.example/a?q=a%20b&token=s3cr3t";
    std::uint64_t seq = 0;
    for (const auto format : {tailer::LineFormat::Json, tailer::LineFormat::Logfmt}) {
        for (const bool allow : {false, true}) {
            const Made made{
                .seq = seq, .event_ns = kStartNs + 1'500'000, .url = url, .allow = allow};
            both_.take_ours(our_line(made, format));
            both_.take_coderds(seq++ % 2 == 0 ? coderd_json(made) : coderd_text(made));
        }
    }
    const auto found = both_.conclude();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].both, 4U);
    EXPECT_EQ(found[0].missing_here + found[0].missing_at_coderd, 0U);
}

TEST_F(ReconciliationTest, EachSideLeavesTheOthersLinesOut) {
    both_.take_ours(coderd_json({}));
    both_.take_coderds(our_line({}));
    both_.take_coderds("no such line");
    both_.take_coderds("2026-06-09 12:00:01.234 [info]  coderd.agentrpc: boundary_request  owner");
    both_.take_coderds(coderd_json({.event_ns = kStartNs - 1}));
    for (const auto& workspace : both_.conclude()) {
        EXPECT_EQ(workspace.both + workspace.missing_here + workspace.missing_at_coderd, 0U);
    }
}

TEST_F(ReconciliationTest, OtherWorkspacesCanBeLeftOut) {
    both_.only("joe", "w1");
    both_.take_coderds(coderd_json({.workspace = "w2"}));
    both_.take_coderds(coderd_json({}));
    const auto found = both_.conclude();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].missing_here, 1U);
    EXPECT_THAT(found[0].missing_here_at, ElementsAre(kStartNs));
}

TEST_F(ReconciliationTest, TheOneOfManyEqualThatIsMissingIsNamed) {
    for (std::uint64_t seq = 0; seq < 5; ++seq) {
        const Made made{.seq = seq,
                        .event_ns = kStartNs + static_cast<std::int64_t>(seq) * 300'000'000};
        both_.take_ours(our_line(made));
        if (seq != 1 && seq != 4) {
            both_.take_coderds(coderd_json({.event_ns = made.event_ns + 700'000}));
        }
    }
    const auto found = both_.conclude();
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].both, 3U);
    ASSERT_THAT(found[0].sessions, SizeIs(1));
    EXPECT_EQ(found[0].sessions[0].first, kOneSession);
    EXPECT_THAT(found[0].sessions[0].second.runs(), ElementsAre(Pair(1, 1), Pair(4, 4)));
}

/// A fleet, some of whose sockets lose records, and some of whose trails do.
TEST_F(ReconciliationTest, NamesTheDifferencesOfAFleetExactly) {
    std::mt19937 dice(11);
    std::map<std::string, std::map<std::uint64_t, std::uint64_t>> lost_there;
    std::map<std::string, std::uint64_t> lost_here;
    for (int workspace = 0; workspace < 100; ++workspace) {
        const std::string name = "w" + std::to_string(workspace);
        NamedNumbers lost;
        for (std::uint64_t seq = 0; seq < 60; ++seq) {
            Made made{.workspace = name, .seq = seq, .url = "", .allow = dice() % 2 == 0};
            made.url = "https://h.example/" + std::to_string(dice() % 5);
            made.event_ns = kStartNs + static_cast<std::int64_t>(seq * 40'000'000 + dice() % 1000);
            const bool here = workspace % 10 != 3 || dice() % 20 != 0;
            const bool there = workspace % 4 != 0 || dice() % 8 != 0;
            if (here) {
                both_.take_ours(our_line(made));
            }
            if (there) {
                made.event_ns += dice() % 3'000'000;
                both_.take_coderds(coderd_json(made));
            }
            if (here && !there) {
                lost.add(seq);
            }
            lost_here[name] += !here && there ? 1 : 0;
        }
        lost_there[name] = lost.runs();
    }
    const auto found = both_.conclude();
    ASSERT_THAT(found, SizeIs(100));
    for (const auto& workspace : found) {
        EXPECT_EQ(workspace.missing_here, lost_here[workspace.workspace]) << workspace.workspace;
        if (lost_there[workspace.workspace].empty()) {
            EXPECT_THAT(workspace.sessions, IsEmpty());
        } else {
            ASSERT_THAT(workspace.sessions, SizeIs(1));
            EXPECT_EQ(workspace.sessions[0].second.runs(), lost_there[workspace.workspace]);
        }
    }
}

}  // namespace
}  // namespace bridge::verify
