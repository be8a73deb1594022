// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bridge/process/exit_code.h"
#include "bridge/settings/settings.h"

namespace bridge {

struct ReplayOptions {
    std::vector<std::string> paths;
    bool ndjson = false;   ///< print instead of pushing
    bool dry_run = false;  ///< read all and give the account, without Loki
};

/// Delivers what is in files and folders, once, in time order.
[[nodiscard]] ExitCode replay_command(const Settings& settings, const ReplayOptions& options);

}  // namespace bridge
