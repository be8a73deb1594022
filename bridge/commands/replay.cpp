// SPDX-License-Identifier: MIT
#include <cinttypes>
#include <cstdio>
#include <map>
#include <optional>
#include <random>

#include <unistd.h>

#include "bridge/commands/commands.h"
#include "bridge/pipeline.h"
#include "bridge/process_hardening.h"
#include "bridge/version.h"
#include "bridge/worker.h"
#include "exporter/stream_labels.h"

namespace bridge {
namespace {

/// Prints what would be pushed.
class NdjsonSink final : public tailer::LineSink {
public:
    explicit NdjsonSink(const tailer::Tailer& tailer) : tailer_(tailer) {}
    void on_record(const tailer::Record& record) override {
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

/// A line on the terminal that says how far it is.
class Progress {
public:
    explicit Progress(const Pipeline& pipeline, const tailer::Tailer& tailer,
                      const Telemetry& telemetry)
        : pipeline_(pipeline),
          tailer_(tailer),
          telemetry_(telemetry),
          terminal_(::isatty(STDERR_FILENO) == 1) {}

    void update() {
        const auto now = std::chrono::steady_clock::now();
        if (!terminal_ || now - shown_at_ < std::chrono::milliseconds(200)) {
            return;
        }
        shown_at_ = now;
        const std::uint64_t read = tailer_.bytes_read();
        const std::uint64_t total = read + tailer_.unread_bytes();
        std::fprintf(
            stderr,
            "\r\033[K%3.0f%% of %.1f MiB read, %" PRIu64 " decisions, %" PRIu64 " entries stored",
            total == 0 ? 100.0 : 100.0 * static_cast<double>(read) / static_cast<double>(total),
            static_cast<double>(total) / (1U << 20U),
            pipeline_.account().allowed + pipeline_.account().denied, telemetry_.stored_entries());
    }
    void clear() const {
        if (terminal_) {
            std::fputs("\r\033[K", stderr);
        }
    }

private:
    const Pipeline& pipeline_;
    const tailer::Tailer& tailer_;
    const Telemetry& telemetry_;
    bool terminal_;
    std::chrono::steady_clock::time_point shown_at_{};
};

struct Deliverer {
    const Settings& settings;
    const Log& log;
    tailer::Tailer& tailer;
    exporter::LokiClient& loki;
    StateFolder* state;
    const Checkpoint& checkpoint;
};

ExitCode deliver(const Deliverer& with) {
    const base::SystemClock clock;
    Telemetry telemetry(with.log, clock, kVersion);
    exporter::LokiExporter exporter(
        with.settings.delivery, with.tailer.streams(), with.loki, clock, telemetry,
        with.state != nullptr ? &with.state->spool() : nullptr,
        with.state != nullptr ? &with.state->dead_letters() : nullptr, std::random_device{}());
    exporter.restore_high_water(with.checkpoint.high_water);
    exporter.restore_origins(with.checkpoint.kept_origins, with.checkpoint.newest_segment);
    // A daemon, or an earlier replay, may have shipped these very files: ask Loki first.
    exporter.set_doubtful(true);
    const Wakeup wakeup;
    Pipeline pipeline({with.log, clock, with.tailer, exporter, telemetry, with.state}, wakeup);
    Progress progress(pipeline, with.tailer, telemetry);
    const ExitCode code = run_until_signal({
        .work =
            [&] {
                const bool delivered = pipeline.deliver([&] {
                    progress.update();
                    // An operator is there to mend it: do not wait for ever.
                    return telemetry.held().has_value();
                });
                progress.clear();
                if (!delivered && with.state != nullptr) {
                    pipeline.drain(std::chrono::milliseconds(0));
                }
                return delivered ? ExitCode::Done : ExitCode::Incomplete;
            },
        .stop = [&] { pipeline.stop(); },
        .abort = [&] { with.loki.abort(); },
    });
    const auto& account = pipeline.account();
    with.log.info("replayed", {{"lines", std::to_string(account.lines)},
                               {"allowed", std::to_string(account.allowed)},
                               {"denied", std::to_string(account.denied)},
                               {"notices", std::to_string(account.notices)},
                               {"unparsed", std::to_string(account.unparsed)},
                               {"pushed", std::to_string(telemetry.stored_entries())},
                               {"rejected", std::to_string(telemetry.rejected_entries())}});
    const bool complete = telemetry.rejected_entries() == 0 && account.unreadable_files == 0;
    return code == ExitCode::Done && !complete ? ExitCode::Incomplete : code;
}

}  // namespace

ExitCode replay_command(const Settings& settings, const ReplayOptions& options) {
    harden_process();
    const Log log(settings.log_level, settings.log_format);
    std::optional<StateFolder> state;
    Checkpoint checkpoint;
    if (!settings.state_dir.empty() && !options.ndjson) {
        auto opened = StateFolder::open(settings.state_dir, settings.spool_max_bytes);
        if (!opened) {
            log.error("cannot start", {{"cause", opened.error().message}});
            return ExitCode::Usage;
        }
        state.emplace(std::move(*opened));
        auto loaded = state->load_checkpoint();
        if (loaded && *loaded) {
            checkpoint = std::move(**loaded);
        } else if (!loaded) {
            log.warn("cannot use the checkpoint; reading all again",
                     {{"cause", loaded.error().message}});
        }
    }
    auto tailer = tailer::Tailer::once(options.paths, checkpoint.files, settings.enrich,
                                       settings.journal_dir);
    if (!tailer) {
        log.error("cannot start", {{"cause", tailer.error().message}});
        return ExitCode::Usage;
    }
    if (options.ndjson) {
        return print_ndjson(*tailer, log);
    }
    auto loki = exporter::LokiClient::create(settings.loki);
    if (!loki) {
        log.error("cannot start", {{"cause", loki.error().message}});
        return ExitCode::Usage;
    }
    return deliver({settings, log, *tailer, **loki, state ? &*state : nullptr, checkpoint});
}

}  // namespace bridge
