// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "bridge/settings/settings.h"

namespace bridge::doctor {

/// What can be seen of the daemon: its state folder and its metrics.
struct DaemonSide {
    enum class Lock : std::uint8_t {
        NoFolder,  ///< it has never run with this state folder
        Free,      ///< it does not run
        Held,      ///< it runs
        Hidden,    ///< we may not look
    };
    std::string state_dir;
    Lock lock = Lock::NoFolder;
    std::string lock_trouble;
    /// Processes that follow a log folder as a daemon does, by folder; 0 = one that cannot be seen.
    std::map<std::string, std::vector<::pid_t>> followers;
    std::uint64_t spool_bytes = 0;
    /// Of what Loki refused for good: how many letters, by reason; of the newest MiB of them.
    std::map<std::string, std::uint64_t> refused;
    std::string metrics_address;  ///< empty = off
    std::string metrics_trouble;  ///< why there is no answer
    /// Its series by the text before the value, such as `boundary_loki_lag_seconds`.
    std::map<std::string, double, std::less<>> metrics;

    [[nodiscard]] double metric(std::string_view series) const {
        const auto found = metrics.find(series);
        return found == metrics.end() ? 0.0 : found->second;
    }
};

/// Only looks: the state folder is neither made nor kept locked.
[[nodiscard]] DaemonSide look_at_daemon(const Settings& settings);

/// The samples of a Prometheus exposition.
[[nodiscard]] std::map<std::string, double, std::less<>> parse_metrics(std::string_view text);

}  // namespace bridge::doctor
