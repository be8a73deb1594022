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

/// What the pipeline works on; all must outlive it. Daemon::open puts it together.
struct PipelineParts {
    const Log& log;
    const base::Clock& clock;
    tailer::Tailer& tailer;
    exporter::LokiExporter& exporter;
    Telemetry& telemetry;
    StateFolder* state;  ///< null = nothing is kept on disk
    Heartbeat& heartbeat;
    /// Called whenever the log folders are listed anew.
    std::function<void()> on_rescan;
};

}  // namespace bridge
