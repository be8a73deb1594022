// SPDX-License-Identifier: MIT
#include "bridge/verify/verify_command.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <thread>

#include "base/clock.h"
#include "base/nanoseconds.h"
#include "bridge/process/hardening.h"
#include "bridge/verify/log_trail.h"
#include "bridge/verify/reconciliation.h"
#include "bridge/verify/stored_entries.h"
#include "bridge/verify/stored_trail.h"
#include "exporter/loki/stream_labels.h"

namespace bridge {
namespace {

constexpr std::int64_t kOneDayNs = 86'400 * base::kNanosPerSecond;
/// Of what is asked for without --since: Loki's usual retention.
constexpr std::int64_t kUsualSpanNs = 7 * kOneDayNs;
/// How far back the beginning of a session is looked for: what Loki lets one ask at once.
constexpr std::int64_t kLookBackNs = 30 * kOneDayNs;
/// Loki takes entries that lie a little ahead.
constexpr std::int64_t kAheadNs = 3600 * base::kNanosPerSecond;
/// So many names fit into one query.
constexpr std::size_t kNamesAQuery = 50;
/// A daemon may have pushed the moment before; a server may show it the moment after.
constexpr std::chrono::milliseconds kSecondLookAfter{2'000};

/// LogQL, or LogsQL, for the lines that hold one of `names`; `selector` when there are too many of
/// them, or odd ones.
std::string with_names(const std::string& selector, std::vector<std::string> names,
                       bool victoria_logs) {
    const bool plain = std::ranges::all_of(names, [](const std::string& name) {
        return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
        });
    });
    if (!plain || names.empty()) {
        return selector;
    }
    if (names.size() > kNamesAQuery) {
        const auto [first, last] = std::ranges::minmax(names);
        std::size_t same = 0;
        while (same < std::min(first.size(), last.size()) && first[same] == last[same]) {
            ++same;
        }
        // LogsQL looks for whole words.
        return same == 0 || victoria_logs ? selector
                                          : selector + " |= \"" + first.substr(0, same) + "\"";
    }
    std::string any;
    for (const auto& name : names) {
        any.append(any.empty() ? "" : (victoria_logs ? " or " : "|"));
        if (victoria_logs) {
            any.append("\"").append(name).append("\"");
            continue;
        }
        for (const char c : name) {
            any.append(c == '.' ? "\\\\" : "").append(1, c);
        }
    }
    return victoria_logs ? selector + " (" + any + ")" : selector + " |~ \"" + any + "\"";
}

/// What all entries of this trail have among their labels, and as little else as can be, so that
/// those under other labels are found, too.
std::string selector_of(const std::vector<base::Labels>& streams, bool of_one_workspace) {
    base::Labels wanted;
    for (const auto& label : streams.front()) {
        const bool telling =
            label.first == "job" ||
            (of_one_workspace && (label.first == "owner" || label.first == "workspace_name"));
        if (telling) {
            wanted.push_back(label);
        }
    }
    if (wanted.empty()) {  // --stream-labels leaves them out
        for (const auto& label : streams.front()) {
            if (label.first != "decision" && label.first != "tool") {
                wanted.push_back(label);
            }
        }
    }
    if (wanted.empty()) {
        return R"({decision=~"allow|deny"})";
    }
    return exporter::stream_labels_text(wanted);
}

/// Stream labels that --stream-labels made structured metadata.
std::vector<std::string> left_out(const Settings& settings) {
    std::vector<std::string> names;
    for (const auto name : tailer::kStreamLabelNames) {
        if (std::ranges::find(settings.enrich.stream_labels, name) ==
            settings.enrich.stream_labels.end()) {
            names.emplace_back(name);
        }
    }
    return names;
}

struct Asker {
    exporter::LokiClient& loki;
    verify::StoredEntries& entries;
    verify::Verdict& verdict;

    /// False when not all could be read.
    bool read(const std::string& query, std::int64_t from_ns, std::int64_t until_ns,
              const verify::StoredEntries::Take& take) const {
        const auto read = entries.read(query, from_ns, until_ns, take);
        if (!read) {
            verdict.troubles.push_back(read.error().message);
        }
        return read.has_value();
    }
    void wait() const {
        std::this_thread::sleep_for(std::max(kSecondLookAfter, loki.shows_after()));
    }
};

/// Runs of days as spans of time.
std::vector<std::pair<std::int64_t, std::int64_t>> spans_of(const std::set<std::int64_t>& days) {
    std::vector<std::pair<std::int64_t, std::int64_t>> spans;
    for (const std::int64_t day : days) {
        std::int64_t begin = 0;
        const bool early = __builtin_mul_overflow(day, kOneDayNs, &begin);
        begin = early ? INT64_MIN : begin;
        const std::int64_t end =
            early ? (day + 1) * kOneDayNs : base::add_saturated(begin, kOneDayNs);
        if (!spans.empty() && spans.back().second == begin) {
            spans.back().second = end;
        } else {
            spans.emplace_back(begin, end);
        }
    }
    return spans;
}

void read_logs(tailer::Tailer& tailer, verify::LogTrail& trail, verify::Verdict& verdict) {
    tailer.look(false);
    while (tailer.has_more()) {
        static_cast<void>(tailer.read(1U << 20U, trail));
        for (const auto& trouble : tailer.take_errors()) {
            verdict.troubles.push_back("cannot read all of the logs: " + trouble);
        }
    }
    for (const auto& trouble : tailer.take_errors()) {
        verdict.troubles.push_back("cannot read all of the logs: " + trouble);
    }
}

void hold_against_logs(const VerifyOptions& options, tailer::Tailer& tailer, const Asker& ask) {
    const verify::KeyedHash hash;
    const verify::Span span{options.since_ns, options.until_ns};
    verify::LogTrail trail(hash, span);
    read_logs(tailer, trail, ask.verdict);
    trail.set_streams(tailer.streams());
    ask.verdict.query = with_names(selector_of(tailer.streams(), false), trail.session_names(),
                                   ask.loki.is_victoria_logs());
    const auto spans = spans_of(trail.days());
    if (!spans.empty()) {
        ask.verdict.from_ns = std::max(spans.front().first, span.since_ns.value_or(INT64_MIN));
        ask.verdict.until_ns = std::min(spans.back().second, span.until_ns.value_or(INT64_MAX));
    }
    const auto read_all = [&] {
        return std::ranges::all_of(spans, [&](const auto& each) {
            return ask.read(ask.verdict.query,
                            std::max(each.first, span.since_ns.value_or(INT64_MIN)),
                            std::min(each.second, span.until_ns.value_or(INT64_MAX)),
                            [&](const auto& entry) { trail.take(entry, ask.entries); });
        });
    };
    if (read_all() && trail.misses_any()) {
        trail.look_again();
        ask.wait();
        read_all();
    }
    trail.conclude(ask.verdict, ask.entries);
}

/// coderd may take so long to write what it is sent: Boundary gathers for 5 s, and an agent sends
/// again what it could not.
constexpr std::int64_t kCoderdWritesWithinNs = 600 * base::kNanosPerSecond;
/// What is younger is not judged against coderd, which may not have it yet.
constexpr std::int64_t kSettledAfterNs = 60 * base::kNanosPerSecond;

void hold_against_coderd(const Settings& settings, const VerifyOptions& options,
                         const std::string& selector, const Asker& ask) {
    auto& verdict = ask.verdict;
    const std::int64_t settled_ns = base::SystemClock().wall_ns() - kSettledAfterNs;
    const std::int64_t until_ns = options.until_ns.value_or(settled_ns);
    const verify::KeyedHash hash;
    verify::Reconciliation both(hash, settings.enrich.url_query, verdict.from_ns, until_ns);
    both.only(settings.enrich.identity.owner, settings.enrich.identity.workspace_name);
    const bool read =
        ask.read(selector, verdict.from_ns, base::add_saturated(until_ns, kOneDayNs / 24),
                 [&](const auto& entry) { both.take_ours(entry.line); }) &&
        ask.read(options.against_coderd + " |= \"boundary_request\"", verdict.from_ns,
                 base::add_saturated(until_ns, kCoderdWritesWithinNs),
                 [&](const auto& entry) { both.take_coderds(entry.line); });
    verdict.against_coderd = true;
    if (read) {
        verdict.workspaces = both.conclude();
    }
}

void judge_by_numbers(const Settings& settings, const VerifyOptions& options, const Asker& ask) {
    const tailer::Enricher enricher(settings.enrich);
    const std::int64_t now_ns = base::SystemClock().wall_ns();
    auto& verdict = ask.verdict;
    verdict.until_ns = options.until_ns.value_or(base::add_saturated(now_ns, kAheadNs));
    verdict.from_ns = options.since_ns.value_or(
        base::add_saturated(std::min(now_ns, verdict.until_ns), -kUsualSpanNs));
    const std::string selector = selector_of(enricher.streams(), true);
    verdict.query = selector;

    const verify::KeyedHash hash;
    verify::StoredTrail trail(hash);
    const auto read_all = [&] {
        return ask.read(selector, verdict.from_ns, verdict.until_ns,
                        [&](const auto& entry) { trail.take(entry); });
    };
    const bool all = read_all();
    const auto headless = trail.headless();
    for (std::size_t i = 0; all && i < headless.size(); i += kNamesAQuery) {
        const auto end = std::min(headless.size(), i + kNamesAQuery);
        const auto at = [&](std::size_t n) {
            return headless.begin() + static_cast<std::ptrdiff_t>(n);
        };
        const auto query = with_names(selector, {at(i), at(end)}, ask.loki.is_victoria_logs());
        ask.read(query, base::add_saturated(verdict.from_ns, -kLookBackNs), verdict.from_ns,
                 [&](const auto& entry) { trail.take_earlier(entry); });
    }
    if (all && trail.misses_any()) {
        trail.look_again();
        ask.wait();
        read_all();
    }
    trail.join();
    if (!options.since_ns) {
        trail.forgive_beginnings(verdict.from_ns, kOneDayNs);
    }
    trail.conclude(verdict, ask.entries);
    if (all && !options.against_coderd.empty()) {
        hold_against_coderd(settings, options, selector, ask);
    }
}

}  // namespace

ExitCode verify_command(const Settings& settings, const VerifyOptions& options) {
    harden_process();
    const Log log(settings.log_level, settings.log_format);
    auto loki = exporter::LokiClient::create(settings.loki);
    if (!loki) {
        log.error("cannot start", {{"cause", loki.error().message}});
        return ExitCode::Usage;
    }
    verify::Verdict verdict;
    verdict.with_logs = !options.paths.empty();
    verdict.server = settings.loki.url;
    verify::StoredEntries entries(**loki, left_out(settings));
    const Asker ask{**loki, entries, verdict};
    if (verdict.with_logs) {
        auto tailer =
            tailer::Tailer::once(options.paths, {}, settings.enrich, settings.journal_dir);
        if (!tailer) {
            log.error("cannot start", {{"cause", tailer.error().message}});
            return ExitCode::Usage;
        }
        hold_against_logs(options, *tailer, ask);
    } else {
        judge_by_numbers(settings, options, ask);
    }
    const std::string text =
        options.json ? verify::verdict_json(verdict) + "\n" : verify::verdict_text(verdict);
    const bool written =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    return verdict.complete() && written ? ExitCode::Done : ExitCode::Incomplete;
}

}  // namespace bridge
