// SPDX-License-Identifier: MIT
#include "bridge/daemon/run_command.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <iterator>
#include <random>
#include <set>
#include <utility>

#include "base/text.h"
#include "bridge/daemon/daemon.h"
#include "bridge/process/environment.h"
#include "bridge/process/folder_claim.h"
#include "bridge/process/hardening.h"
#include "bridge/process/jail.h"
#include "bridge/process/limits.h"
#include "bridge/process/signals.h"
#include "bridge/process/version.h"
#include "bridge/process/worker.h"
#include "exporter/loki/secret_file.h"

namespace bridge {
namespace {

/// With what a request under way may still take, all ends within 10 s of the signal.
constexpr std::chrono::milliseconds kDrain{5'000};

/// Those that Boundary has not made yet, or that were misspelt.
std::vector<std::string> missing_folders(const std::vector<std::string>& folders) {
    std::vector<std::string> missing;
    std::ranges::copy_if(folders, std::back_inserter(missing), [](const std::string& folder) {
        std::error_code ignored;
        return !std::filesystem::is_directory(folder, ignored);
    });
    return missing;
}

void warn_of_open_secrets(const Settings& settings, const Log& log) {
    for (const auto& [setting, path] :
         {std::pair("--bearer-token-file", settings.loki.bearer_token_file),
          std::pair("--password-file", settings.loki.password_file),
          std::pair("--client-key", settings.loki.client_key)}) {
        if (!path.empty() && exporter::readable_by_others(path)) {
            log.warn("any user of this machine may read a file that holds a secret; chmod o-r it",
                     {{"setting", setting}, {"file", path}});
        }
    }
}

/// Says once of each folder which other daemons follow it.
class FolderClaims {
public:
    FolderClaims(const std::vector<std::string>& folders, const Log& log)
        : claims_(folders.begin(), folders.end()), log_(log) {}

    void renew() {
        for (FolderClaim& claim : claims_) {
            for (const ::pid_t pid : claim.renew()) {
                if (told_.emplace(claim.folder(), pid).second) {
                    log_.warn(
                        "another daemon follows this log folder as well; what both push may be "
                        "counted twice",
                        {{"folder", claim.folder()},
                         {"pid", pid > 0 ? std::to_string(pid) : "unknown"},
                         {"try", "stop one of them"}});
                }
            }
        }
    }

private:
    std::vector<FolderClaim> claims_;
    const Log& log_;
    std::set<std::pair<std::string, ::pid_t>> told_;
};

/// In Boundary's jail our own pushes show in the logs.
std::vector<tailer::OwnRequests::Request> own_requests(const exporter::LokiSettings& loki) {
    std::vector<tailer::OwnRequests::Request> own;
    if (inside_jail(process_environment())) {
        for (auto& [method, url] : exporter::requests_to(loki)) {
            own.push_back({std::move(method), std::move(url)});
        }
    }
    return own;
}

void expose_metrics(Telemetry& telemetry, const std::string& address, const Log& log) {
    if (address.empty()) {
        return;
    }
    if (const auto exposed = telemetry.expose(address); !exposed) {
        // Whoever holds the port must not keep decisions from Loki.
        log.warn("no metrics for now; trying again", {{"cause", exposed.error().message}});
    }
}

void tell_of_start(const Settings& settings, const Log& log, bool confined) {
    log.info("started", {{"version", std::string(kVersion)},
                         {"log_dirs", base::joined(settings.log_dirs, ':')},
                         {"waits_for", base::joined(missing_folders(settings.log_dirs), ':')},
                         {"loki", settings.loki.url},
                         {"state_dir", settings.state_dir},
                         {"metrics", settings.metrics_address},
                         {"spool_max_bytes", std::to_string(settings.spool_max_bytes)},
                         {"writes_confined_by", confined ? "landlock" : "nothing"},
                         {"open_files_limit", open_files_limit()},
                         {"memory_limit", memory_limit()}});
}

void tell_of_end(Daemon& daemon, const Log& log) {
    const auto& account = daemon.pipeline().account();
    log.info("stopped", {{"allowed", std::to_string(account.allowed)},
                         {"denied", std::to_string(account.denied)},
                         {"notices", std::to_string(account.notices)},
                         {"lifecycle", std::to_string(account.lifecycle)},
                         {"unparsed", std::to_string(account.unparsed)},
                         {"pushed", std::to_string(daemon.exporter().account().stored())},
                         {"spooled_bytes", std::to_string(daemon.state()->spool().bytes())}});
}

ExitCode follow_until_stopped(Pipeline& pipeline, const Log& log) {
    try {
        pipeline.follow();
        if (!pipeline.drain(kDrain)) {
            log.warn(
                "stopping with lines that are neither in Loki nor spooled; the next start reads "
                "them again");
        }
        return ExitCode::Done;
    } catch (const std::exception& trouble) {
        log.error("shutting down after an unexpected failure", {{"cause", trouble.what()}});
        pipeline.rescue();
        return ExitCode::Incomplete;
    }
}

}  // namespace

ExitCode run_command(const Settings& settings) {
    withstand_signals();
    harden_process();
    const base::SystemClock clock;
    const Log log(settings.log_level, settings.log_format, &clock);
    auto state = StateFolder::open(settings.state_dir, settings.spool_max_bytes,
                                   spool_target(settings.loki));
    if (!state) {
        log.error("cannot start", {{"cause", state.error().message}});
        return ExitCode::Usage;
    }
    const bool confined = confine_to(settings.state_dir);
    auto loki = exporter::LokiClient::create(settings.loki);
    if (!loki) {
        log.error("cannot start", {{"cause", loki.error().message}});
        return ExitCode::Usage;
    }
    warn_of_open_secrets(settings, log);
    FolderClaims claims(settings.log_dirs, log);
    const auto daemon = Daemon::open(settings, {.log = log,
                                                .clock = clock,
                                                .loki = **loki,
                                                .state = std::move(*state),
                                                .own_requests = own_requests(settings.loki),
                                                .on_rescan = [&claims] { claims.renew(); },
                                                .jitter_seed = std::random_device{}()});
    if (!daemon) {
        log.error("cannot start", {{"cause", daemon.error().message}});
        return ExitCode::Usage;
    }
    expose_metrics((*daemon)->telemetry(), settings.metrics_address, log);
    tell_of_start(settings, log, confined);
    Pipeline& pipeline = (*daemon)->pipeline();
    const ExitCode code = run_until_signal({
        .work = [&] { return follow_until_stopped(pipeline, log); },
        .stop = [&] { pipeline.stop(); },
        .abort = [&] { (*loki)->abort(); },
        .reload =
            [&] {
                // The files of credentials are read for every request; a connection keeps what it
                // was made with.
                (*loki)->reconnect();
                log.info("SIGHUP: credentials are read anew, with a new connection");
            },
        .report = [&] { (*daemon)->telemetry().log_state(); },
        .give_up =
            [&] {
                log.error(
                    "stopped before everything was delivered or spooled; the next start continues");
            },
    });
    tell_of_end(**daemon, log);
    return code;
}

}  // namespace bridge
