// SPDX-License-Identifier: MIT
#include "bridge/daemon/daemon.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "bridge/process/version.h"

namespace bridge {
namespace {

using Predecessor = exporter::Resume::Predecessor;

void tell_of_spool(StateFolder& state, const Log& log) {
    for (const auto& name : state.spool().damaged()) {
        log.error("a spool segment is damaged and was set aside", {{"file", name}});
    }
    for (const auto& sentence : state.spool().refused()) {
        log.error("a file named like a spool segment is not ours; leaving it alone",
                  {{"cause", sentence}, {"try", "see who may write to the state folder"}});
    }
    for (const auto& [folder, target] : state.waiting_spools()) {
        log.warn(
            "batches spooled for another server or tenant are not sent to this one; they wait "
            "until --loki-url and --tenant name it again",
            {{"spooled_for", target}, {"folder", folder}});
    }
}

void tell_of_foreign_segments(const exporter::LokiExporter& exporter, const Log& log) {
    for (const auto& labels : exporter.foreign_segments()) {
        log.error("a spool segment has another workspace's labels; keeping it, unsent",
                  {{"labels", labels},
                   {"try",
                    "if those labels were this workspace's, start the daemon once with them; "
                    "otherwise see who may write to the state folder"}});
    }
}

/// How far the files are worked off, and what the exporter has to know.
struct LastRun {
    tailer::Progress files;
    exporter::Resume resume;
};

LastRun last_run(StateFolder& state, const Log& log) {
    auto loaded = state.load_checkpoint();
    if (!loaded) {
        log.warn("cannot use the checkpoint; reading all logs again (Loki keeps what it has once)",
                 {{"cause", loaded.error().message}});
    }
    // Without a checkpoint nobody knows whether this is the first start of all or the state is
    // lost.
    Checkpoint checkpoint = std::move(loaded).value_or(Checkpoint{}).value_or(Checkpoint{});
    const bool was_killed = checkpoint.writer_was_killed();
    if (checkpoint.names_segments && checkpoint.spool_id != state.spool_id()) {
        // What was spooled for another target waits for that one, and what that has this one lacks.
        checkpoint.segments = {};
        checkpoint.high_water = {};
    }
    if (!state.spool().damaged().empty() && !checkpoint.names_segments) {
        // The checkpoint counts on what that segment held, and does not say what that was.
        log.warn("reading all logs again for what the damaged segment held");
        checkpoint = {};
    }
    const Predecessor predecessor = was_killed         ? Predecessor::Killed
                                    : checkpoint.clean ? Predecessor::Settled
                                                       : Predecessor::MayHaveSent;
    return {std::move(checkpoint.files),
            {.high_water = std::move(checkpoint.high_water),
             .origins = std::move(checkpoint.kept_origins),
             .newest_segment = checkpoint.newest_segment,
             .segments = std::move(checkpoint.segments),
             .predecessor = predecessor}};
}

tailer::Tailer follow(const Settings& settings, tailer::Progress files,
                      std::vector<tailer::OwnRequests::Request> own_requests) {
    tailer::Tailer tailer = tailer::Tailer::follow(settings.log_dirs, std::move(files),
                                                   settings.enrich, settings.journal_dir);
    tailer.trust_owners(settings.trusted_owners);
    tailer.leave_out(tailer::OwnRequests(std::move(own_requests)));
    return tailer;
}

}  // namespace

base::Result<std::unique_ptr<Daemon>> Daemon::open(const Settings& settings, DaemonParts parts) {
    // Whoever keeps no state cannot know of a predecessor.
    LastRun last{{}, {.predecessor = Predecessor::MayHaveSent}};
    if (parts.state) {
        tell_of_spool(*parts.state, parts.log);
        last = last_run(*parts.state, parts.log);
    }
    base::Result<tailer::Tailer> tailer = [&]() -> base::Result<tailer::Tailer> {
        if (!parts.read_once) {
            return follow(settings, std::move(last.files), std::move(parts.own_requests));
        }
        // A daemon, or an earlier replay, may have shipped these very files.
        last.resume.predecessor = std::max(last.resume.predecessor, Predecessor::MayHaveSent);
        return tailer::Tailer::once(*parts.read_once, std::move(last.files), settings.enrich,
                                    settings.journal_dir);
    }();
    return std::move(tailer).map([&](tailer::Tailer&& opened) {
        return std::unique_ptr<Daemon>(
            new Daemon(settings, std::move(parts), std::move(opened), last.resume));
    });
}

Daemon::Daemon(const Settings& settings, DaemonParts&& parts, tailer::Tailer tailer,
               const exporter::Resume& resume)
    : state_(std::move(parts.state)),
      telemetry_(parts.log, parts.clock, kVersion),
      tailer_(std::move(tailer)),
      exporter_(settings.delivery, tailer_.streams(), parts.loki, parts.clock, telemetry_,
                state_ ? &state_->spool() : nullptr, state_ ? &state_->dead_letters() : nullptr,
                parts.jitter_seed, resume),
      heartbeat_(settings.enrich, kVersion,
                 parts.read_once ? std::chrono::milliseconds(0) : settings.heartbeat, parts.loki,
                 parts.clock, parts.log),
      pipeline_({parts.log, parts.clock, tailer_, exporter_, telemetry_, state(), heartbeat_,
                 std::move(parts.on_rescan)}) {
    tell_of_foreign_segments(exporter_, parts.log);
}

}  // namespace bridge
