// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "bridge/daemon/daemon.h"
#include "bridge/settings/settings.h"

namespace model {

/// `boundary-loki run` with a Loki and a clock of the model. Destroying it is a kill -9: nothing is
/// drained, the state folder stays as it is.
class Daemon {
public:
    Daemon(const bridge::Settings& settings, exporter::LokiApi& loki, const base::Clock& clock,
           std::uint64_t jitter_seed)
        : daemon_(bridge::Daemon::open(settings,
                                       {.log = log_,
                                        .clock = clock,
                                        .loki = loki,
                                        .state = bridge::StateFolder::open(settings.state_dir,
                                                                           settings.spool_max_bytes)
                                                     .value(),
                                        .jitter_seed = jitter_seed})
                      .value()) {}

private:
    const bridge::Log log_{bridge::LogLevel::Error, bridge::LogFormat::Text};
    std::unique_ptr<bridge::Daemon> daemon_;

public:
    bridge::Telemetry& telemetry = daemon_->telemetry();
    bridge::StateFolder& state = *daemon_->state();
    tailer::Tailer& tailer = daemon_->tailer();
    exporter::LokiExporter& exporter = daemon_->exporter();
    bridge::Pipeline& pipeline = daemon_->pipeline();
};

}  // namespace model
