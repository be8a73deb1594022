// SPDX-License-Identifier: MIT
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "bridge/base/result.h"
#include "bridge/commands/commands.h"
#include "bridge/summary_data.h"
#include "bridge/summary_json.h"
#include "bridge/summary_terminal.h"
#include "bridge/summary_text.h"
#include "tailer/tailer.h"

namespace bridge {
namespace {

/// Nobody reading any more is no failure.
base::Result<void> write_out(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EPIPE) {
            return {};
        }
        if (written < 0 && errno != EINTR) {
            return base::system_failure("cannot write to", "stdout");
        }
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return {};
}

/// The tailer takes a folder that it may not list for an empty one, which is right for a daemon
/// that waits for it, and wrong here.
std::vector<std::string> closed_folders(const std::vector<std::string>& paths) {
    std::vector<std::string> troubles;
    for (const auto& path : paths) {
        std::error_code ignored;
        if (std::filesystem::is_directory(path, ignored) &&
            ::faccessat(AT_FDCWD, path.c_str(), R_OK | X_OK, AT_EACCESS) != 0) {
            troubles.push_back(base::system_failure("cannot list", path).value().message);
        }
    }
    return troubles;
}

}  // namespace

ExitCode summary_command(const Settings& settings, const SummaryOptions& options) {
    // So that a closed pipe comes back as EPIPE.
    std::signal(SIGPIPE, SIG_IGN);
    const Log log(settings.log_level, settings.log_format);
    auto tailer = tailer::Tailer::once(options.paths, {}, settings.enrich, settings.journal_dir);
    if (!tailer) {
        log.error("cannot start", {{"cause", tailer.error().message}});
        return ExitCode::Usage;
    }
    SummaryGatherer gatherer;
    SummaryFilter filter(options.wish, gatherer);
    SummaryData& data = gatherer.data();
    bool complete = true;
    const auto report = [&](const std::vector<std::string>& troubles) {
        for (const auto& trouble : troubles) {
            log.error("cannot read all", {{"cause", trouble}});
            ++data.unreadable;
            complete = false;
        }
    };
    report(closed_folders(options.paths));
    tailer->look(false);
    report(tailer->take_errors());
    while (tailer->has_more()) {
        static_cast<void>(tailer->read(1U << 20U, filter));
        report(tailer->take_errors());
    }
    data.files = tailer->files().size();
    const auto written = write_out(
        options.json ? summary_json(data) + "\n"
                     : summary_text(data, text_style_for(STDOUT_FILENO, process_environment())));
    if (!written) {
        log.error("cannot show the summary", {{"cause", written.error().message}});
        complete = false;
    }
    return complete ? ExitCode::Done : ExitCode::Incomplete;
}

}  // namespace bridge
