// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bridge/process/exit_code.h"
#include "bridge/settings/settings.h"
#include "bridge/summary/filter.h"

namespace bridge {

struct SummaryOptions {
    std::vector<std::string> paths;
    bool json = false;
    SummaryWish wish;
    bool follow = false;  ///< show it anew as lines come, until SIGINT or SIGTERM
};

/// Shows what files and folders hold, offline.
[[nodiscard]] ExitCode summary_command(const Settings& settings, const SummaryOptions& options);

}  // namespace bridge
