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
#include "bridge/daemon/heartbeat.h"
#include "bridge/daemon/pipeline.h"
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
                        "another daemon follows this log folder, too; what both push may be "
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

Checkpoint load_checkpoint(const StateFolder& state, const Log& log) {
    auto loaded = state.load_checkpoint();
    if (!loaded) {
        log.warn("cannot use the checkpoint; reading all logs again (Loki keeps what it has once)",
                 {{"cause", loaded.error().message}});
        return {};
    }
    // Without a checkpoint nobody knows whether this is the first start of all or the state is
    // lost.
    return loaded->value_or(Checkpoint{});
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
    Telemetry telemetry(log, clock, kVersion);
    if (!settings.metrics_address.empty()) {
        if (const auto exposed = telemetry.expose(settings.metrics_address); !exposed) {
            // Whoever holds the port must not keep decisions from Loki.
            log.warn("no metrics for now; trying again", {{"cause", exposed.error().message}});
        }
    }
    for (const auto& name : state->spool().damaged()) {
        log.error("a spool segment is damaged and was set aside", {{"file", name}});
    }
    for (const auto& sentence : state->spool().refused()) {
        log.error("what has the name of a spool segment is none of ours; it is left alone",
                  {{"cause", sentence}, {"try", "see who may write to the state folder"}});
    }
    for (const auto& [folder, target] : state->waiting_spools()) {
        log.warn(
            "what was spooled for another server or tenant is not sent to this one; it waits "
            "until --loki-url and --tenant are those again",
            {{"spooled_for", target}, {"folder", folder}});
    }
    Checkpoint checkpoint = load_checkpoint(*state, log);
    const bool predecessor_killed = checkpoint.writer_was_killed();
    if (!state->spool().damaged().empty()) {
        // The checkpoint counts on what that segment held; the logs may still have it.
        log.warn("reading all logs again for what the damaged segment held");
        checkpoint = {};
    }
    tailer::Tailer tailer = tailer::Tailer::follow(settings.log_dirs, std::move(checkpoint.files),
                                                   settings.enrich, settings.journal_dir);
    tailer.trust_owners(settings.trusted_owners);
    if (inside_jail(process_environment())) {
        std::vector<tailer::OwnRequests::Request> own;
        for (auto& [method, url] : exporter::requests_to(settings.loki)) {
            own.push_back({std::move(method), std::move(url)});
        }
        tailer.leave_out(tailer::OwnRequests(std::move(own)));
    }
    exporter::LokiExporter exporter(settings.delivery, tailer.streams(), **loki, clock, telemetry,
                                    &state->spool(), &state->dead_letters(),
                                    std::random_device{}());
    for (const auto& labels : exporter.foreign_segments()) {
        log.error("a spool segment bears labels of another workspace; it is not sent, and stays",
                  {{"labels", labels},
                   {"try",
                    "start the daemon once with those labels if they were this workspace's; "
                    "else see who may write to the state folder"}});
    }
    exporter.restore_high_water(checkpoint.high_water);
    exporter.restore_origins(checkpoint.kept_origins, checkpoint.newest_segment);
    exporter.set_doubtful(!checkpoint.clean);
    if (predecessor_killed) {
        exporter.predecessor_killed();
    }

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
    const Wakeup wakeup;
    Heartbeat heartbeat(settings.enrich, kVersion, settings.heartbeat, **loki, clock, log);
    FolderClaims claims(settings.log_dirs, log);
    Pipeline pipeline({log, clock, tailer, exporter, telemetry, &*state, &heartbeat,
                       [&claims] { claims.renew(); }},
                      wakeup);
    const ExitCode code = run_until_signal({
        .work =
            [&] {
                try {
                    pipeline.follow();
                    if (!pipeline.drain(kDrain)) {
                        log.warn(
                            "stopping with lines that are neither in Loki nor in the spool; the "
                            "next start reads them again");
                    }
                    return ExitCode::Done;
                } catch (const std::exception& trouble) {
                    log.error("ending, as something failed that never should",
                              {{"cause", trouble.what()}});
                    pipeline.rescue();
                    return ExitCode::Incomplete;
                }
            },
        .stop = [&] { pipeline.stop(); },
        .abort = [&] { (*loki)->abort(); },
        .reload =
            [&] {
                // The files of credentials are read for every request; a connection keeps what it
                // was made with.
                (*loki)->reconnect();
                log.info("SIGHUP: credentials are read anew, with a new connection");
            },
        .report = [&] { telemetry.log_state(); },
        .give_up =
            [&] { log.error("ended before all was delivered or spooled; the next start goes on"); },
    });
    const auto& account = pipeline.account();
    log.info("stopped", {{"allowed", std::to_string(account.allowed)},
                         {"denied", std::to_string(account.denied)},
                         {"notices", std::to_string(account.notices)},
                         {"lifecycle", std::to_string(account.lifecycle)},
                         {"unparsed", std::to_string(account.unparsed)},
                         {"pushed", std::to_string(telemetry.stored_entries())},
                         {"spooled_bytes", std::to_string(state->spool().bytes())}});
    return code;
}

}  // namespace bridge
