// SPDX-License-Identifier: MIT
#pragma once

#include "bridge/process/exit_code.h"
#include "bridge/settings/settings.h"

namespace bridge {

/// The daemon: follows the log folders until SIGTERM or SIGINT, then drains and spools.
[[nodiscard]] ExitCode run_command(const Settings& settings);

}  // namespace bridge
