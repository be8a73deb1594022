// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bridge/console/log.h"
#include "bridge/settings/option_specs.h"
#include "bridge/settings/setting_sources.h"
#include "exporter/loki/loki_client.h"
#include "exporter/loki_exporter.h"
#include "tailer/records/enricher.h"

namespace bridge {

/// All settings, checked and typed.
struct Settings {
    std::vector<std::string> log_dirs;
    std::string state_dir;    ///< empty = keep no state
    std::string journal_dir;  ///< of tool calls; empty = the default of the command
    exporter::LokiSettings loki;
    tailer::EnrichSettings enrich;
    exporter::ExportSettings delivery;
    std::vector<std::uint32_t> trusted_owners;  ///< users whose files are read in any log folder
    std::uint64_t spool_max_bytes = 64ULL << 20U;
    std::string metrics_address = "127.0.0.1:9765";                 ///< empty = off
    std::chrono::milliseconds heartbeat = std::chrono::minutes(5);  ///< 0 = off
    LogLevel log_level = LogLevel::Info;
    LogFormat log_format = LogFormat::Text;
};

/// Which settings a command needs.
struct SettingsWish {
    bool push = true;             ///< a Loki address is required
    bool show_push = false;       ///< read what is set for Loki, even without an address
    bool default_state = true;    ///< without --state-dir, use the default folder
    bool default_journal = true;  ///< without --journal-dir, the one in the first log folder
};

/// Resolves every setting: a flag beats the environment beats the config file beats the default. An
/// Error names the source of the bad value and what would be right.
[[nodiscard]] base::Result<Settings> resolve_settings(const FlagValues& flags,
                                                      const Environment& environment,
                                                      const std::string& config_file,
                                                      const SettingsWish& wish);
[[nodiscard]] base::Result<Settings> resolve_settings(const SettingSources& sources,
                                                      const SettingsWish& wish);

}  // namespace bridge
