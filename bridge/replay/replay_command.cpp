// SPDX-License-Identifier: MIT
#include "bridge/replay/replay_command.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include <unistd.h>

#include "bridge/daemon/daemon.h"
#include "bridge/process/hardening.h"
#include "bridge/process/worker.h"
#include "bridge/replay/letter_file.h"
#include "bridge/replay/replay_letters.h"
#include "exporter/loki/stream_labels.h"

namespace bridge {
namespace {

/// Prints what would be pushed.
class NdjsonSink final : public tailer::LineSink {
public:
    explicit NdjsonSink(const tailer::Tailer& tailer) : tailer_(tailer) {}
    void on_record(const tailer::Record& record) override {
        if (!record.shipped) {
            return;
        }
        while (labels_.size() < tailer_.streams().size()) {
            labels_.push_back(exporter::stream_labels_json(tailer_.streams()[labels_.size()]));
        }
        text_ += '{';
        exporter::append_ndjson_entry(text_, labels_[record.stream], record.timestamp_ns,
                                      record.line, record.metadata);
        text_ += "}\n";
        flush(64U << 10U);
    }
    void on_unparsed(const tailer::UnparsedLine&) override { ++unparsed_; }

    /// False when nobody reads any more.
    bool flush(std::size_t at_least) {
        if (text_.size() > at_least || (at_least == 0 && !text_.empty())) {
            open_ = open_ && std::fwrite(text_.data(), 1, text_.size(), stdout) == text_.size();
            text_.clear();
        }
        return open_ && (at_least != 0 || std::fflush(stdout) == 0);
    }
    [[nodiscard]] std::uint64_t unparsed() const { return unparsed_; }
    [[nodiscard]] bool open() const { return open_; }

private:
    const tailer::Tailer& tailer_;
    std::vector<std::string> labels_;  ///< of its streams so far
    std::string text_;
    std::uint64_t unparsed_ = 0;
    bool open_ = true;
};

ExitCode print_ndjson(tailer::Tailer& tailer, const Log& log) {
    NdjsonSink sink(tailer);
    tailer.look(false);
    bool unreadable = false;
    while (tailer.has_more() && sink.open()) {
        static_cast<void>(tailer.read(1U << 20U, sink));
        for (const auto& trouble : tailer.take_errors()) {
            log.error("cannot read a log file", {{"cause", trouble}});
            unreadable = true;
        }
    }
    for (const auto& trouble : tailer.take_errors()) {
        log.error("cannot read a log file", {{"cause", trouble}});
        unreadable = true;
    }
    sink.flush(0);
    if (sink.unparsed() > 0) {
        log.warn("lines not understood", {{"lines", std::to_string(sink.unparsed())}});
    }
    return unreadable ? ExitCode::Incomplete : ExitCode::Done;
}

/// Counts what would be delivered.
class CountingSink final : public tailer::LineSink {
public:
    void on_record(const tailer::Record& record) override { account_.count(record); }
    void on_unparsed(const tailer::UnparsedLine&) override { account_.count_unparsed(); }
    [[nodiscard]] const LineAccount& account() const { return account_; }

private:
    LineAccount account_;
};

/// Of what is not unparsed, each line is withheld by --notices, pushed (which counts what Loki had
/// already), rejected, or left.
void log_account(const Log& log, std::string_view what, const LineAccount& account,
                 std::uint64_t pushed, std::uint64_t rejected) {
    const std::uint64_t entries = account.entries();
    const std::uint64_t settled = std::min(entries, pushed + rejected);
    log.info(what, {{"lines", std::to_string(account.lines)},
                    {"allowed", std::to_string(account.allowed)},
                    {"denied", std::to_string(account.denied)},
                    {"notices", std::to_string(account.notices)},
                    {"lifecycle", std::to_string(account.lifecycle)},
                    {"unparsed", std::to_string(account.unparsed)},
                    {"withheld", std::to_string(account.withheld)},
                    {"pushed", std::to_string(pushed)},
                    {"rejected", std::to_string(rejected)},
                    {"left", std::to_string(entries - settled)}});
}

ExitCode count_only(tailer::Tailer& tailer, const Log& log) {
    CountingSink sink;
    tailer.look(false);
    bool complete = true;
    const auto report = [&] {
        for (const auto& trouble : tailer.take_errors()) {
            log.error("cannot read a log file", {{"cause", trouble}});
            complete = false;
        }
    };
    while (tailer.has_more()) {
        static_cast<void>(tailer.read(1U << 20U, sink));
        report();
    }
    report();
    log_account(log, "would be replayed", sink.account(), 0, 0);
    return complete ? ExitCode::Done : ExitCode::Incomplete;
}

/// Says how far it is: on a terminal a line that is drawn anew, else a plain one now and then.
class Progress {
public:
    explicit Progress(Daemon& daemon)
        : pipeline_(daemon.pipeline()),
          tailer_(daemon.tailer()),
          delivered_(daemon.exporter().account()),
          terminal_(::isatty(STDERR_FILENO) == 1),
          began_(std::chrono::steady_clock::now()),
          shown_at_(terminal_ ? std::chrono::steady_clock::time_point() : began_) {}

    void update() {
        const auto now = std::chrono::steady_clock::now();
        const auto pause = terminal_ ? kRedraw : kPlainLine;
        if (now - shown_at_ < pause) {
            return;
        }
        shown_at_ = now;
        const std::uint64_t read = tailer_.bytes_read();
        const std::uint64_t total = read + tailer_.unread_bytes();
        const double elapsed = std::chrono::duration<double>(now - began_).count();
        const std::uint64_t decisions = pipeline_.account().allowed + pipeline_.account().denied;
        const double rate = elapsed > 0 ? static_cast<double>(read) / elapsed : 0;
        const double left = rate > 0 ? static_cast<double>(total - read) / rate : 0;
        std::fprintf(
            stderr,
            "%s%3.0f%% of %.1f MiB read, %" PRIu64 " decisions, %" PRIu64
            " entries stored, %" PRIu64 " rejected, %.1f MiB/s, %.0f s left%s",
            terminal_ ? "\r\033[K" : "",
            total == 0 ? 100.0 : 100.0 * static_cast<double>(read) / static_cast<double>(total),
            static_cast<double>(total) / (1U << 20U), decisions, delivered_.stored(),
            delivered_.rejected(), rate / (1U << 20U), left, terminal_ ? "" : "\n");
    }
    void clear() const {
        if (terminal_) {
            std::fputs("\r\033[K", stderr);
        }
    }

private:
    const Pipeline& pipeline_;
    const tailer::Tailer& tailer_;
    const exporter::DeliveryAccount& delivered_;
    static constexpr std::chrono::milliseconds kRedraw{200};
    static constexpr std::chrono::milliseconds kPlainLine{10'000};

    bool terminal_;
    std::chrono::steady_clock::time_point began_;
    std::chrono::steady_clock::time_point shown_at_;
};

ExitCode deliver(Daemon& daemon, exporter::LokiClient& loki, const Log& log) {
    Pipeline& pipeline = daemon.pipeline();
    const exporter::DeliveryAccount& outcome = daemon.exporter().account();
    Progress progress(daemon);
    const ExitCode code = run_until_signal({
        .work =
            [&] {
                const bool delivered = pipeline.deliver([&] {
                    progress.update();
                    // An operator is there to mend it: do not wait for ever.
                    return outcome.held().has_value();
                });
                progress.clear();
                if (!delivered && daemon.state() != nullptr) {
                    pipeline.drain(std::chrono::milliseconds(0));
                }
                return delivered ? ExitCode::Done : ExitCode::Incomplete;
            },
        .stop = [&] { pipeline.stop(); },
        .abort = [&] { loki.abort(); },
        .reload = [&] { loki.reconnect(); },
        .report = [&] { daemon.telemetry().log_state(); },
    });
    const auto& account = pipeline.account();
    log_account(log, "replayed", account, outcome.stored(), outcome.rejected());
    const bool complete = outcome.rejected() == 0 && account.unreadable_files == 0;
    return code == ExitCode::Done && !complete ? ExitCode::Incomplete : code;
}

ExitCode cannot_start(const Log& log, const base::Error& error) {
    log.error("cannot start", {{"cause", error.message}});
    return ExitCode::Usage;
}

/// Reads the logs and sends nothing.
ExitCode only_look(const Settings& settings, const ReplayOptions& options, const Log& log) {
    auto tailer = tailer::Tailer::once(options.paths, {}, settings.enrich, settings.journal_dir);
    if (!tailer) {
        return cannot_start(log, tailer.error());
    }
    return options.dry_run ? count_only(*tailer, log) : print_ndjson(*tailer, log);
}

/// What files and folders of logs hold.
ExitCode replay_logs(const Settings& settings, const ReplayOptions& options, const Log& log) {
    if (options.dry_run || options.ndjson) {
        return only_look(settings, options, log);
    }
    std::optional<StateFolder> state;
    if (!settings.state_dir.empty()) {
        auto opened = StateFolder::open(settings.state_dir, settings.spool_max_bytes,
                                        spool_target(settings.loki));
        if (!opened) {
            return cannot_start(log, opened.error());
        }
        state.emplace(std::move(*opened));
    }
    auto loki = exporter::LokiClient::create(settings.loki);
    if (!loki) {
        return cannot_start(log, loki.error());
    }
    const base::SystemClock clock;
    const auto daemon = Daemon::open(settings, {.log = log,
                                                .clock = clock,
                                                .loki = **loki,
                                                .state = std::move(state),
                                                .read_once = options.paths,
                                                .jitter_seed = std::random_device{}()});
    if (!daemon) {
        return cannot_start(log, daemon.error());
    }
    return deliver(**daemon, **loki, log);
}

}  // namespace

ExitCode replay_command(const Settings& settings, const ReplayOptions& options) {
    harden_process();
    const Log log(settings.log_level, settings.log_format);
    ReplayOptions logs = options;
    std::vector<std::string> letters;
    std::erase_if(logs.paths, [&letters](const std::string& path) {
        const bool is_letters = LetterFile::is_one(path);
        if (is_letters) {
            letters.push_back(path);
        }
        return is_letters;
    });
    // Logs first: what they hold of the letters is then there, and not sent again.
    const ExitCode of_logs = logs.paths.empty() ? ExitCode::Done : replay_logs(settings, logs, log);
    if (letters.empty() || of_logs == ExitCode::Usage) {
        return of_logs;
    }
    return std::max(of_logs, replay_letters(settings, options, letters, log));
}

}  // namespace bridge
