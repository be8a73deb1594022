// SPDX-License-Identifier: MIT
#include "bridge/summary/summary_command.h"

#include <csignal>
#include <string>
#include <vector>

#include <unistd.h>

#include "base/result.h"
#include "bridge/console/terminal.h"
#include "bridge/summary/follower.h"
#include "bridge/summary/json.h"
#include "bridge/summary/output.h"
#include "bridge/summary/reader.h"
#include "bridge/summary/text.h"
#include "tailer/tailer.h"

namespace bridge {
namespace {

/// The summary as it goes to stdout now: a terminal may have another width than before.
std::string rendered(const SummaryReader& reader, bool json) {
    return json ? summary_json(reader.data()) + "\n"
                : summary_text(reader.data(), text_style_for(STDOUT_FILENO, process_environment()));
}

/// Tells each trouble once; true when there was one.
class Troubles {
public:
    Troubles(SummaryReader& reader, const Log& log) : reader_(reader), log_(log) {}

    void tell() {
        for (const auto& trouble : reader_.take_troubles()) {
            log_.error("cannot read all", {{"cause", trouble}});
            complete_ = false;
        }
    }
    [[nodiscard]] ExitCode code() const {
        return complete_ ? ExitCode::Done : ExitCode::Incomplete;
    }

private:
    SummaryReader& reader_;
    const Log& log_;
    bool complete_ = true;
};

template <typename Value>
bool is_shown(const base::Result<Value>& written, const Log& log) {
    if (!written) {
        log.error("cannot show the summary", {{"cause", written.error().message}});
    }
    return written.has_value();
}

ExitCode show_once(SummaryReader& reader, Troubles& troubles, const Log& log, bool json) {
    reader.look(false);
    troubles.tell();
    while (reader.has_more()) {
        static_cast<void>(reader.read());
        troubles.tell();
    }
    // Nobody reading any more is no failure.
    const bool shown = is_shown(write_whole(STDOUT_FILENO, rendered(reader, json)), log);
    return shown ? troubles.code() : ExitCode::Incomplete;
}

ExitCode follow(SummaryReader& reader, Troubles& troubles, const Log& log, bool json) {
    const bool screen = !json && is_screen(STDOUT_FILENO, process_environment());
    const BlockedSignals signals =
        screen ? BlockedSignals({SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP})
               : BlockedSignals({SIGINT, SIGTERM, SIGHUP});
    SummaryOutput output(STDOUT_FILENO, screen, !json);
    const auto text = [&reader, json] { return rendered(reader, json); };
    // What is said on stderr would stand in the middle of the screen.
    const auto tell = [&troubles, screen] {
        if (!screen) {
            troubles.tell();
        }
    };
    bool shown = is_shown(follow_summary({.reader = reader,
                                          .output = output,
                                          .signals = signals,
                                          .fd = STDOUT_FILENO,
                                          .partial = screen,
                                          .text = text,
                                          .after_reading = tell}),
                          log);
    shown = shown && is_shown(output.finish(text()), log);
    troubles.tell();
    return shown ? troubles.code() : ExitCode::Incomplete;
}

}  // namespace

ExitCode summary_command(const Settings& settings, const SummaryOptions& options) {
    // So that a closed pipe comes back as EPIPE.
    std::signal(SIGPIPE, SIG_IGN);
    const Log log(settings.log_level, settings.log_format);
    auto tailer =
        options.follow
            ? tailer::Tailer::follow_paths(options.paths, settings.enrich, settings.journal_dir)
            : tailer::Tailer::once(options.paths, {}, settings.enrich, settings.journal_dir);
    if (!tailer) {
        log.error("cannot start", {{"cause", tailer.error().message}});
        return ExitCode::Usage;
    }
    SummaryReader reader(std::move(*tailer), options.paths, options.wish);
    Troubles troubles(reader, log);
    return options.follow ? follow(reader, troubles, log, options.json)
                          : show_once(reader, troubles, log, options.json);
}

}  // namespace bridge
