// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bridge/exit_code.h"
#include "bridge/settings.h"

namespace bridge {

/// The daemon: follows the log folders until SIGTERM or SIGINT, then drains and spools.
[[nodiscard]] ExitCode run_command(const Settings& settings);

struct ReplayOptions {
    std::vector<std::string> paths;
    bool ndjson = false;  ///< print instead of pushing
};

/// Delivers what is in files and folders, once, in time order.
[[nodiscard]] ExitCode replay_command(const Settings& settings, const ReplayOptions& options);

struct SummaryOptions {
    std::vector<std::string> paths;
    bool json = false;
};

/// Shows what files and folders hold, offline.
[[nodiscard]] ExitCode summary_command(const Settings& settings, const SummaryOptions& options);

}  // namespace bridge
