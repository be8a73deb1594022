// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bridge/daemon/pipeline.h"
#include "bridge/daemon/state_folder.h"
#include "exporter/loki_exporter.h"
#include "tailer/tailer.h"

namespace model {

struct DaemonSettings {
    std::string log_folder;
    std::string state_folder;
    std::uint64_t spool_max_bytes = 64U << 20U;
    tailer::EnrichSettings enrich;
    exporter::ExportSettings delivery;
};

/// The parts of `boundary-loki run`, put together as the command does it. Destroying it is a
/// kill -9: nothing is drained, the state folder stays as it is.
class Daemon {
public:
    Daemon(const DaemonSettings& settings, exporter::LokiApi& loki, const base::Clock& clock,
           std::uint64_t jitter_seed)
        : telemetry(log, clock, "model"),
          state(open(settings)),
          checkpoint(load()),
          tailer(tailer::Tailer::follow({settings.log_folder}, checkpoint.files, settings.enrich)),
          exporter(settings.delivery, tailer.streams(), loki, clock, telemetry, &state.spool(),
                   &state.dead_letters(), jitter_seed),
          pipeline({log, clock, tailer, exporter, telemetry, &state}, wakeup) {
        exporter.restore_high_water(checkpoint.high_water);
        exporter.restore_origins(checkpoint.kept_origins, checkpoint.newest_segment);
        exporter.set_doubtful(!checkpoint.clean);
        if (checkpoint.writer_was_killed()) {
            exporter.predecessor_killed();
        }
    }

    const bridge::Log log{bridge::LogLevel::Error, bridge::LogFormat::Text};
    bridge::Telemetry telemetry;
    bridge::StateFolder state;
    bridge::Checkpoint checkpoint;
    tailer::Tailer tailer;
    exporter::LokiExporter exporter;
    bridge::Wakeup wakeup;
    bridge::Pipeline pipeline;

private:
    static bridge::StateFolder open(const DaemonSettings& settings) {
        return bridge::StateFolder::open(settings.state_folder, settings.spool_max_bytes).value();
    }
    bridge::Checkpoint load() {
        auto loaded = state.load_checkpoint().value();
        return loaded.value_or(bridge::Checkpoint{});
    }
};

}  // namespace model
