// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "base/clock.h"
#include "bridge/console/log.h"
#include "bridge/daemon/heartbeat.h"
#include "bridge/daemon/state_folder.h"
#include "bridge/daemon/telemetry.h"
#include "exporter/loki_exporter.h"
#include "tailer/tailer.h"

namespace bridge {

/// What the pipeline works on. Everything must outlive it; Daemon::open sees to that.
struct PipelineParts {
    const Log& log;
    const base::Clock& clock;
    tailer::Tailer& tailer;
    exporter::LokiExporter& exporter;
    Telemetry& telemetry;
    StateFolder* state;  ///< null = keep nothing on disk
    Heartbeat& heartbeat;
    /// Called whenever the log folders are listed again.
    std::function<void()> on_rescan;
};

}  // namespace bridge
