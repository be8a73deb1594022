// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bridge/settings/settings.h"
#include "exporter/loki/loki_client.h"

namespace bridge::doctor {

/// What Loki answered, request by request.
struct LokiSide {
    std::string url;      ///< empty = none is set, and nothing was asked
    std::string trouble;  ///< the settings do not make a client
    exporter::Reply ready;
    std::optional<std::int64_t> ahead_seconds;  ///< our clock less the server's
    exporter::Reply query;                      ///< a plain query: address, credentials, tenant
    bool victoria_logs = false;                 ///< what --loki-url leads to
    bool probed = false;
    exporter::Reply push;
    bool metadata_refused = false;  ///< the probe was pushed without structured metadata
    exporter::Reply read_back;
    bool found = false;  ///< the probe came back

    [[nodiscard]] bool reached() const {
        return query.transport == exporter::Reply::Transport::Answered;
    }
    [[nodiscard]] bool queries() const { return reached() && query.status == 200; }
};

/// The stream of probes: no dashboard selects it.
inline constexpr const char* kProbeJob = "boundary-loki-doctor";

/// Asks for readiness and for nothing in particular; with `probe`, pushes one entry to a stream of
/// its own and reads it back.
[[nodiscard]] LokiSide look_at_loki(const Settings& settings, exporter::LokiClient& loki,
                                    bool probe);

}  // namespace bridge::doctor
