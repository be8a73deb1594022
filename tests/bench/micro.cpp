// SPDX-License-Identifier: MIT
// What each stage of a decision's way costs by itself, on lines like the kit's (data.py):
//     build/release/micro_bench
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/rfc3339.h"
#include "exporter/disk/spool.h"
#include "exporter/loki/batch.h"
#include "exporter/loki/push_request.h"
#include "tailer/lines/line_parser.h"
#include "tailer/records/enricher.h"
#include "tailer/toolcalls/toolcall_journal.h"
#include "tailer/toolcalls/toolcall_record.h"
#include "tests/support/temp_dir.h"

namespace {

constexpr std::string_view kSession = "boundary-2026-06-09_12-00-00-4242";
constexpr std::int64_t kBegunNs = 1'780'999'200'000'000'000;
constexpr std::size_t kLines = 2000;

/// Lines without their newline, with the padding that the JSON parser wants behind each.
struct Lines {
    std::string text;
    std::vector<std::string_view> lines;
    std::size_t bytes = 0;
};

Lines make_lines(bool json) {
    constexpr const char* kHosts[] = {"npm.registry.example", "api.github.example", "docs.example"};
    std::mt19937_64 random(7);
    std::vector<std::string> made;
    for (std::size_t i = 0; i < kLines; ++i) {
        const std::string host = kHosts[random() % 3];
        std::string url = "https://";
        url.append(host).append("/left-pad/-/left-pad-1.");
        url.append(std::to_string(random() % 200)).append(".tgz");
        const bool allow = random() % 4 != 0;
        std::string time;
        base::append_rfc3339_nano(time, kBegunNs + static_cast<std::int64_t>(i) * 3'000'000);
        std::string line = json ? "{" : "";
        const auto add = [&](std::string_view name, std::string_view value, bool quoted) {
            const bool first = line.size() < 2;
            line.append(first ? "" : json ? "," : " ");
            line.append(json ? "\"" : "").append(name).append(json ? "\":\"" : "=");
            line.append(quoted && !json ? "\"" : "").append(value);
            line.append(quoted || json ? "\"" : "");
        };
        add("time", time, false);
        add("level", allow ? "INFO" : "WARN", false);
        add("msg", allow ? "ALLOW" : "DENY", false);
        add("method", "GET", false);
        add("url", url, false);
        add("host", host, false);
        if (allow) {
            add("rule", std::string("domain=").append(host), true);
        }
        made.push_back(line.append(json ? "}" : ""));
    }
    Lines result;
    std::vector<std::size_t> begins;
    for (const auto& line : made) {
        begins.push_back(result.text.size());
        result.text += line;
        result.bytes += line.size();
    }
    result.text.append(tailer::kJsonPadding, '\0');
    for (std::size_t i = 0; i < made.size(); ++i) {
        result.lines.push_back(std::string_view(result.text).substr(begins[i], made[i].size()));
    }
    return result;
}

tailer::EnrichSettings settings() {
    tailer::EnrichSettings settings;
    settings.identity = {"joe", "w1", "main", "firewalled", "coder-workspaces", "", "", ""};
    return settings;
}

/// Decisions and bytes a second, of `bytes` for each kLines.
void report(benchmark::State& state, std::size_t bytes) {
    const auto rounds = static_cast<std::int64_t>(state.iterations());
    state.SetItemsProcessed(rounds * static_cast<std::int64_t>(kLines));
    state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
}

void parse(benchmark::State& state, bool json) {
    const Lines input = make_lines(json);
    tailer::LineParser parser;
    for (auto round : state) {
        for (const auto line : input.lines) {
            auto parsed = parser.parse(line);
            if (!std::holds_alternative<tailer::Decision>(parsed)) {
                state.SkipWithError("not parsed as a decision");
                return;
            }
            benchmark::DoNotOptimize(parsed);
        }
    }
    report(state, input.bytes);
}
BENCHMARK_CAPTURE(parse, text, false);
BENCHMARK_CAPTURE(parse, json, true);

/// Parses and enriches; `visit` gets each record while it lives.
template <typename Visit>
void enrich_all(const Lines& input, tailer::LineParser& parser, tailer::Enricher& enricher,
                Visit visit) {
    for (const auto line : input.lines) {
        const auto parsed = parser.parse(line);
        const auto& decision = std::get<tailer::Decision>(parsed);
        visit(enricher.enrich(decision, kSession, 0));
    }
}

void parse_and_enrich(benchmark::State& state) {
    const Lines input = make_lines(false);
    tailer::LineParser parser;
    tailer::Enricher enricher(settings());
    for (auto round : state) {
        enrich_all(input, parser, enricher,
                   [](const tailer::Record& record) { benchmark::DoNotOptimize(record); });
    }
    report(state, input.bytes);
}
BENCHMARK(parse_and_enrich);

void parse_enrich_and_encode(benchmark::State& state) {
    const Lines input = make_lines(false);
    tailer::LineParser parser;
    tailer::Enricher enricher(settings());
    for (auto round : state) {
        exporter::Batch batch;
        enrich_all(input, parser, enricher, [&batch](const tailer::Record& record) {
            batch.add({record.timestamp_ns, record.line, record.metadata, {}});
        });
        benchmark::DoNotOptimize(batch.seal());
    }
    report(state, input.bytes);
}
BENCHMARK(parse_enrich_and_encode);

exporter::SealedBatch sealed_batch() {
    const Lines input = make_lines(false);
    tailer::LineParser parser;
    tailer::Enricher enricher(settings());
    exporter::Batch batch;
    enrich_all(input, parser, enricher, [&batch](const tailer::Record& record) {
        batch.add({record.timestamp_ns, record.line, record.metadata, {}});
    });
    return batch.seal();
}

void request_and_snappy(benchmark::State& state) {
    const exporter::SealedBatch batch = sealed_batch();
    exporter::PushBody body;
    for (auto round : state) {
        benchmark::DoNotOptimize(body.of(R"({job="boundary", decision="deny"})", batch.entries()));
    }
    report(state, batch.bytes());
}
BENCHMARK(request_and_snappy);

/// Which call a decision belongs to, among as many calls as the argument says: those of one long
/// session, matched by time, or each with a Boundary of its own.
void match_tool_call(benchmark::State& state, tailer::ToolCallSource source) {
    constexpr std::int64_t kBetweenNs = 3'000'000'000;
    constexpr std::int64_t kSessionPid = 4242;
    const bool own_boundary = source == tailer::ToolCallSource::Exec;
    const std::int64_t calls = state.range(0);
    const auto pid_of = [=](std::int64_t call) { return kSessionPid + (own_boundary ? call : 0); };
    const auto begun = [](std::int64_t call) { return kBegunNs + call * kBetweenNs; };
    std::string records;
    for (std::int64_t i = 0; i < calls; ++i) {
        tailer::ToolCallStart start;
        start.id = "toolu_" + std::to_string(i);
        start.tool = "Bash";
        start.source = source;
        start.time_ns = begun(i);
        start.pids = {pid_of(i)};
        records += tailer::encode_toolcall(start);
        records += tailer::encode_toolcall(
            tailer::ToolCallEnd{start.id, begun(i) + kBetweenNs * 2 / 3, 0});
    }
    test_support::TempDir folder;
    folder.append("toolcalls-2026-06-09.jsonl", records);
    tailer::ToolCallJournal journal({folder.path()});
    journal.refresh();

    std::mt19937_64 random(7);
    std::vector<std::int64_t> wanted(kLines);
    for (auto& call : wanted) {
        call = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(calls));
    }
    for (auto round : state) {
        for (const std::int64_t call : wanted) {
            const auto match = journal.match(pid_of(call), begun(call) + kBetweenNs / 3);
            if (!match) {
                state.SkipWithError("no call found");
                return;
            }
            benchmark::DoNotOptimize(match);
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(kLines));
}
BENCHMARK_CAPTURE(match_tool_call, by_time, tailer::ToolCallSource::Hook)
    ->RangeMultiplier(10)
    ->Range(1, 10'000);
BENCHMARK_CAPTURE(match_tool_call, own_boundary, tailer::ToolCallSource::Exec)
    ->RangeMultiplier(10)
    ->Range(1, 10'000);

/// One segment written, fsynced, read back and removed: mostly the disk's own time.
void spool_round_trip(benchmark::State& state) {
    const exporter::SealedBatch batch = sealed_batch();
    const test_support::TempDir folder;
    auto spool = exporter::Spool::open(folder.file("spool"), 1U << 30U);
    if (!spool) {
        state.SkipWithError(spool.error().message.c_str());
        return;
    }
    for (auto round : state) {
        auto segment = spool->add(R"({job="boundary"})", batch.entries());
        if (!segment || !spool->load(*segment)) {
            state.SkipWithError("the spool failed");
            return;
        }
        spool->remove(*segment);
    }
    report(state, batch.bytes());
}
BENCHMARK(spool_round_trip)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
