// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bridge/console/log.h"
#include "bridge/daemon/heartbeat.h"
#include "bridge/daemon/pipeline.h"
#include "bridge/daemon/state_folder.h"
#include "bridge/daemon/telemetry.h"
#include "bridge/settings/settings.h"
#include "exporter/loki_exporter.h"
#include "tailer/tailer.h"

namespace bridge {

/// What a Daemon is given rather than makes itself. Everything referred to must outlive it.
struct DaemonParts {
    const Log& log;
    const base::Clock& clock;
    exporter::LokiApi& loki;
    /// Its state folder; without one, nothing is kept on disk.
    std::optional<StateFolder> state = std::nullopt;
    /// Files and folders to read once, as they are now. Unset: follow the log folders of the
    /// settings.
    std::optional<std::vector<std::string>> read_once = std::nullopt;
    /// Our own pushes, if they can show up in the logs we read.
    std::vector<tailer::OwnRequests::Request> own_requests = {};
    /// Called whenever the log folders are listed again.
    std::function<void()> on_rescan = [] {};
    std::uint64_t jitter_seed = 0;
};

/// Tailer, exporter, state and telemetry, wired together; this is the only place that does so. It
/// resumes from the checkpoint in the state folder. Destroying it without Pipeline::drain() is like
/// a kill -9: the state folder is left as it is.
class Daemon {
public:
    /// An Error names a path of `read_once` that cannot be used.
    [[nodiscard]] static base::Result<std::unique_ptr<Daemon>> open(const Settings& settings,
                                                                    DaemonParts parts);
    Daemon(const Daemon&) = delete;  // its parts know each other
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon() = default;

    [[nodiscard]] Pipeline& pipeline() { return pipeline_; }
    [[nodiscard]] Telemetry& telemetry() { return telemetry_; }
    [[nodiscard]] tailer::Tailer& tailer() { return tailer_; }
    [[nodiscard]] exporter::LokiExporter& exporter() { return exporter_; }
    /// Null if nothing is kept on disk.
    [[nodiscard]] StateFolder* state() { return state_ ? &*state_ : nullptr; }

private:
    Daemon(const Settings& settings, DaemonParts&& parts, tailer::Tailer tailer,
           const exporter::Resume& resume);

    std::optional<StateFolder> state_;
    Telemetry telemetry_;
    tailer::Tailer tailer_;
    exporter::LokiExporter exporter_;
    Heartbeat heartbeat_;
    Pipeline pipeline_;
};

}  // namespace bridge
