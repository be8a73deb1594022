// SPDX-License-Identifier: MIT
#include "bridge/replay/replay_letters.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <random>
#include <thread>

#include "base/clock.h"
#include "bridge/daemon/telemetry.h"
#include "bridge/process/version.h"
#include "bridge/process/worker.h"
#include "bridge/replay/letter_file.h"
#include "exporter/disk/dead_letters.h"
#include "exporter/loki/stream_labels.h"
#include "exporter/loki_exporter.h"

namespace bridge {
namespace {

/// At which no more is read until Loki has taken some.
constexpr std::size_t kMostUnsettled = 2U << 20U;
/// So that a signal is answered soon.
constexpr std::chrono::milliseconds kLongestNap{100};

std::vector<base::LabelView> views_of(const base::Labels& labels) {
    std::vector<base::LabelView> views;
    views.reserve(labels.size());
    for (const auto& [name, value] : labels) {
        views.push_back({name, value});
    }
    return views;
}

/// Feeds an exporter with the entries of files.
class LetterDelivery {
public:
    explicit LetterDelivery(exporter::LokiExporter& to) : exporter_(to) {}

    /// True when all is settled.
    bool deliver(std::vector<LetterFile>& files) {
        for (auto& file : files) {
            for (std::size_t n = 0; n < file.size(); ++n) {
                if (const auto entry = file.entry(n)) {
                    add(*entry);
                }
                while (exporter_.in_flight_bytes() >= kMostUnsettled) {
                    if (!work()) {
                        return false;
                    }
                }
            }
        }
        exporter_.flush();
        while (!exporter_.idle()) {
            if (!work()) {
                return false;
            }
        }
        return true;
    }
    void stop() { stopping_ = true; }

private:
    void add(const LetterFile::Entry& entry) {
        const auto [stream, is_new] = streams_.try_emplace(entry.labels, streams_.size());
        if (is_new) {
            exporter_.add_stream(entry.labels);
        }
        exporter_.add(stream->second, {.timestamp_ns = entry.timestamp_ns,
                                       .line = entry.line,
                                       .metadata = views_of(entry.metadata),
                                       .ticket = {}});
    }
    /// False when there is no sense in going on.
    bool work() {
        const base::SteadyTime due = exporter_.work();
        static_cast<void>(exporter_.take_settled());
        if (stopping_ || exporter_.account().held()) {
            return false;
        }
        const base::SteadyTime now = clock_.steady();
        if (due > now) {
            std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(due - now, kLongestNap));
        }
        return true;
    }

    exporter::LokiExporter& exporter_;
    const base::SystemClock clock_;
    std::map<base::Labels, std::size_t> streams_;
    std::atomic<bool> stopping_ = false;
};

struct LetterCounts {
    std::uint64_t entries = 0;
    std::uint64_t not_understood = 0;
    std::uint64_t damaged = 0;
};

LetterCounts count_letters(const std::vector<LetterFile>& files, const Log& log) {
    LetterCounts counts;
    for (const auto& file : files) {
        counts.entries += file.size();
        counts.damaged += file.damaged();
        for (const auto& [reason, count] : file.not_understood()) {
            counts.not_understood += count;
            log.warn("letters that hold no entry but a line that could not be parsed",
                     {{"reason", reason}, {"letters", std::to_string(count)}});
        }
    }
    if (counts.damaged > 0) {
        log.warn("letters are damaged", {{"letters", std::to_string(counts.damaged)}});
    }
    return counts;
}

void tell_account(const Log& log, std::string_view what, const LetterCounts& counts,
                  std::uint64_t pushed, std::uint64_t rejected) {
    const std::uint64_t settled = std::min(counts.entries, pushed + rejected);
    log.info(what, {{"entries", std::to_string(counts.entries)},
                    {"not_understood", std::to_string(counts.not_understood)},
                    {"damaged", std::to_string(counts.damaged)},
                    {"pushed", std::to_string(pushed)},
                    {"rejected", std::to_string(rejected)},
                    {"left", std::to_string(counts.entries - settled)}});
}

bool print_letters(std::vector<LetterFile>& files) {
    for (auto& file : files) {
        for (std::size_t n = 0; n < file.size(); ++n) {
            const auto entry = file.entry(n);
            if (!entry) {
                continue;
            }
            std::string text = "{";
            exporter::append_ndjson_entry(text, exporter::stream_labels_json(entry->labels),
                                          entry->timestamp_ns, entry->line,
                                          views_of(entry->metadata));
            text += "}\n";
            if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
                return false;
            }
        }
    }
    return std::fflush(stdout) == 0;
}

}  // namespace

ExitCode replay_letters(const Settings& settings, const ReplayOptions& options,
                        const std::vector<std::string>& files, const Log& log) {
    std::vector<LetterFile> letters;
    for (const auto& path : files) {
        auto file = LetterFile::open(path);
        if (!file) {
            log.error("cannot read dead letters", {{"cause", file.error().message}});
            return ExitCode::Incomplete;
        }
        letters.push_back(std::move(*file));
    }
    const LetterCounts counts = count_letters(letters, log);
    const bool all_can_be_sent = counts.not_understood + counts.damaged == 0;
    if (options.ndjson || options.dry_run) {
        const bool printed = options.dry_run || print_letters(letters);
        if (options.dry_run) {
            tell_account(log, "dead letters would be replayed", counts, 0, 0);
        }
        return all_can_be_sent && printed ? ExitCode::Done : ExitCode::Incomplete;
    }
    auto loki = exporter::LokiClient::create(settings.loki);
    if (!loki) {
        log.error("cannot start", {{"cause", loki.error().message}});
        return ExitCode::Usage;
    }
    const base::SystemClock clock;
    Telemetry telemetry(log, clock, kVersion);
    exporter::LokiExporter exporter(settings.delivery, {}, **loki, clock, telemetry, nullptr,
                                    nullptr, std::random_device{}(),
                                    // What is in doubt may be there.
                                    {.predecessor = exporter::Resume::Predecessor::MayHaveSent});
    LetterDelivery delivery(exporter);
    const ExitCode code = run_until_signal({
        .work = [&] { return delivery.deliver(letters) ? ExitCode::Done : ExitCode::Incomplete; },
        .stop = [&] { delivery.stop(); },
        .abort = [&] { (*loki)->abort(); },
        .reload = [&] { (*loki)->reconnect(); },
        .report = [&] { telemetry.log_state(); },
    });
    tell_account(log, "replayed dead letters", counts, exporter.account().stored(),
                 exporter.account().rejected());
    const bool complete = all_can_be_sent && exporter.account().rejected() == 0 &&
                          exporter.account().stored() == counts.entries;
    return code == ExitCode::Done && !complete ? ExitCode::Incomplete : code;
}

}  // namespace bridge
