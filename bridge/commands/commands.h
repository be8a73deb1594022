// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bridge/exit_code.h"
#include "bridge/settings.h"
#include "bridge/summary_filter.h"

namespace bridge {

/// The daemon: follows the log folders until SIGTERM or SIGINT, then drains and spools.
[[nodiscard]] ExitCode run_command(const Settings& settings);

struct ReplayOptions {
    std::vector<std::string> paths;
    bool ndjson = false;   ///< print instead of pushing
    bool dry_run = false;  ///< read all and give the account, without Loki
};

/// Delivers what is in files and folders, once, in time order.
[[nodiscard]] ExitCode replay_command(const Settings& settings, const ReplayOptions& options);

struct SummaryOptions {
    std::vector<std::string> paths;
    bool json = false;
    SummaryWish wish;
    bool follow = false;  ///< show it anew as lines come, until SIGINT or SIGTERM
};

/// Shows what files and folders hold, offline.
[[nodiscard]] ExitCode summary_command(const Settings& settings, const SummaryOptions& options);

struct DoctorOptions {
    bool json = false;
    bool probe = true;  ///< push an entry to a stream of its own and read it back
    std::string dashboard = "boundary-loki";
    std::optional<std::chrono::seconds> range;  ///< else the dashboard's own
    std::string boundary = "boundary";          ///< its program
    std::string boundary_config;                ///< empty = where Boundary looks
    std::string prometheus_url;                 ///< that scrapes coderd; empty = do not ask
};

/// Walks the path of a decision and says why the dashboard reads zero; Done when it does not.
[[nodiscard]] ExitCode doctor_command(const Settings& settings, const DoctorOptions& options);

}  // namespace bridge
