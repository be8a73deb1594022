// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "bridge/process/exit_code.h"
#include "bridge/settings/settings.h"

namespace bridge {

struct DoctorOptions {
    bool json = false;
    bool probe = true;  ///< push an entry to a stream of its own and read it back
    std::string dashboard = "boundary-loki";
    std::optional<std::chrono::seconds> range;  ///< else the dashboard's own
    std::string boundary;         ///< its command; see bridge/process/which_boundary.h
    std::string boundary_config;  ///< empty = where Boundary looks
    std::string prometheus_url;   ///< that scrapes coderd; empty = do not ask
};

/// Walks the path of a decision and says why the dashboard reads zero; Done when it does not.
[[nodiscard]] ExitCode doctor_command(const Settings& settings, const DoctorOptions& options);

}  // namespace bridge
