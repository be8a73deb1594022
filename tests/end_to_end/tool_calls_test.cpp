// SPDX-License-Identifier: MIT
// Which tool call did this? The answer stands in Loki, with how sure it is, and costs no decision:
// however often the daemon is killed, and however late a hook writes.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tailer/toolcalls/toolcall_record.h"
#include "tests/end_to_end/decisions.h"

namespace end_to_end {
namespace {

using std::chrono::milliseconds;
using tailer::ToolCallEnd;
using tailer::ToolCallRecord;
using tailer::ToolCallSource;
using tailer::ToolCallStart;
using test_support::LokiServer;
using testing::AllOf;
using testing::Contains;
using testing::Pair;

/// What a decision's row has to say; an empty id = no call.
struct Expected {
    std::string id;
    std::string match;
};

/// An agent's session: its calls go to the journal, its requests to the log of one Boundary.
class Session {
public:
    Session(const Daemon& daemon, std::int64_t pid, std::size_t first_id = 0)
        : logs_(daemon.log_dir()),
          journal_(logs_ + "/" + std::string(tailer::kJournalFolder)),
          pid_(pid),
          next_id_(first_id) {}

    void start(const std::string& call, ToolCallSource source = ToolCallSource::Hook) {
        write(start_record(call, source));
    }
    void end(const std::string& call) { write(ToolCallEnd{call, now_ns(), 0}); }
    /// A request that is to be found under `expected`.
    void request(const Expected& expected) {
        expected_[next_id_] = expected;
        append_to(logs_, log_name(static_cast<std::size_t>(pid_)),
                  decision_line(now_ns(), next_id_++));
    }

    [[nodiscard]] ToolCallStart start_record(const std::string& call,
                                             ToolCallSource source = ToolCallSource::Hook) const {
        ToolCallStart record;
        record.id = call;
        record.tool = source == ToolCallSource::Exec ? "execute" : "Bash";
        record.source = source;
        record.time_ns = now_ns();
        record.pids = {pid_};
        record.chat_id = "chat-" + std::to_string(pid_);
        record.process = "claude";
        return record;
    }
    void write(const ToolCallRecord& record) const {
        ASSERT_TRUE(tailer::append_toolcall(journal_, record));
    }
    [[nodiscard]] const std::string& journal() const { return journal_; }
    [[nodiscard]] std::size_t next_id() const { return next_id_; }
    [[nodiscard]] const std::map<std::size_t, Expected>& expected() const { return expected_; }

private:
    std::string logs_;
    std::string journal_;
    std::int64_t pid_;
    std::size_t next_id_;
    std::map<std::size_t, Expected> expected_;
};

/// Boundary stamps whole milliseconds: apart by more, times tell what came first.
void pause() { std::this_thread::sleep_for(milliseconds(3)); }

void expect_labels(const LokiServer& loki, const std::map<std::size_t, Expected>& expected) {
    const auto rows = rows_by_id(loki);
    for (const auto& [id, wanted] : expected) {
        ASSERT_TRUE(rows.contains(id)) << id;
        const auto& labels = rows.at(id).front().labels;
        const auto call = labels.find("tool_call_id");
        EXPECT_EQ(call == labels.end() ? "" : call->second, wanted.id) << id;
        const auto match = labels.find("tool_match");
        EXPECT_EQ(match == labels.end() ? "" : match->second, wanted.match) << id;
    }
}

TEST(ToolCallsTest, EachDecisionCarriesItsCallWithHowSureThatIs) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    daemon.start();
    Session claude(daemon, 4242);
    claude.request({"", ""});
    pause();
    claude.start("toolu_one");
    pause();
    claude.request({"toolu_one", "window"});
    claude.request({"toolu_one", "window"});
    pause();
    claude.end("toolu_one");
    pause();
    claude.request({"", ""});
    pause();
    claude.start("toolu_two");
    pause();
    claude.start("toolu_three");
    pause();
    claude.request({"toolu_three", "overlap"});
    claude.end("toolu_three");
    pause();
    claude.request({"toolu_two", "window"});  // never ends
    Session agents(daemon, 5001, claude.next_id());
    agents.start("call-1", ToolCallSource::Exec);
    pause();
    agents.request({"call-1", "exact"});
    agents.end("call-1");

    EXPECT_EQ(judge_when_there(loki, agents.next_id()), kAllThereOnce) << daemon.log();
    expect_labels(loki, claude.expected());
    expect_labels(loki, agents.expected());
    const auto exact = rows_by_id(loki).at(agents.next_id() - 1).front();
    EXPECT_THAT(exact.labels,
                AllOf(Contains(Pair("tool", "execute")), Contains(Pair("tool_name", "execute")),
                      Contains(Pair("chat_id", "chat-5001")),
                      Contains(Pair("confined_process", "claude"))));
    // What did that call try to reach?
    EXPECT_EQ(metric_count(loki, "{job=\"boundary\", tool=\"Bash\"} | tool_call_id=\"toolu_one\""),
              2);
    EXPECT_EQ(daemon.stop(), 0);
}

TEST(ToolCallsTest, KillsWhileCallsOpenAndCloseLoseAndDoubleNothing) {
    constexpr int kRounds = 25;
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<int> life_ms(100, 700);
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    Session claude(daemon, 4242);
    std::vector<std::jthread> slow_hooks;
    for (int round = 0; round < kRounds; ++round) {
        daemon.start({"--batch-wait", "50ms"});
        const auto until = std::chrono::steady_clock::now() + milliseconds(life_ms(random));
        for (int call = 0; std::chrono::steady_clock::now() < until; ++call) {
            const std::string id = "toolu_" + std::to_string(round) + "_" + std::to_string(call);
            claude.start(id);
            pause();
            claude.request({id, "window"});
            pause();
            // Stamped now and written when the requests that lie behind it were read already: what
            // they are labelled with is open, that they are there once is not.
            const auto write_late = [&claude, &slow_hooks](const ToolCallRecord& record) {
                slow_hooks.emplace_back([&claude, record] {
                    std::this_thread::sleep_for(milliseconds(150));
                    claude.write(record);
                });
            };
            if (call % 5 == 4) {
                write_late(ToolCallEnd{id, now_ns(), 0});
            } else {
                claude.end(id);
            }
            pause();
            if (call % 5 == 3) {
                write_late(claude.start_record(id + "_late"));
                write_late(ToolCallEnd{id + "_late", now_ns() + 20'000'000, 0});
            }
            for (int i = 0; i < 5; ++i) {
                pause();
                claude.request({"?", "?"});
            }
        }
        daemon.kill();
    }
    slow_hooks.clear();
    daemon.start();
    EXPECT_EQ(judge_when_there(loki, claude.next_id()), kAllThereOnce) << daemon.log();
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(claude.next_id()));
    EXPECT_EQ(daemon.stop(), 0);
    std::size_t labelled = 0;
    for (const auto& [id, rows] : rows_by_id(loki)) {
        labelled += rows.front().labels.contains("tool_call_id") ? 1U : 0U;
    }
    EXPECT_GT(labelled, claude.next_id() / 7);  // one of six belongs to a call for sure
    std::cout << "decisions " << claude.next_id() << ", labelled " << labelled << "\n";
}

TEST(ToolCallsTest, AJournalThatIsDamagedOrHostileCostsNoDecision) {
    constexpr std::size_t kCalls = 200;
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    Session claude(daemon, 4242);
    for (std::size_t i = 0; i < kCalls; ++i) {
        claude.start("toolu_" + std::to_string(i));
        claude.request({"?", "?"});
        claude.end("toolu_" + std::to_string(i));
    }
    daemon.start();
    EXPECT_EQ(judge_when_there(loki, claude.next_id()), kAllThereOnce) << daemon.log();
    daemon.kill();
    const std::string path = std::filesystem::directory_iterator(claude.journal())->path().string();
    std::string content = test_support::read_file(path);
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 0x10);
    content.resize(content.size() - content.size() / 4 - 7);
    for (int i = 0; i < 1000; ++i) {
        ToolCallStart bomb = claude.start_record("bomb-" + std::to_string(i));
        bomb.tool = "tool-" + std::to_string(i);
        content += tailer::encode_toolcall(bomb);
    }
    content += std::string(10U << 20U, '{') + "\n";
    std::ofstream(path, std::ios::binary) << content;

    daemon.start();
    claude.request({"bomb-999", "overlap"});
    EXPECT_EQ(judge_when_there(loki, claude.next_id()), kAllThereOnce) << daemon.log();
    EXPECT_EQ(metric_count(loki), static_cast<std::int64_t>(claude.next_id()));
    EXPECT_EQ(rows_by_id(loki).at(claude.next_id() - 1).front().labels.at("tool"), "other");
    EXPECT_EQ(rejected_entries(daemon), 0);
    EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace end_to_end
