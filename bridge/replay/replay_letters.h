// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bridge/console/log.h"
#include "bridge/process/exit_code.h"
#include "bridge/replay/replay_command.h"
#include "bridge/settings/settings.h"

namespace bridge {

/// Sends what is in files of dead letters as it was to be sent, oldest first, asking Loki first
/// what it has; says what it cannot send. The files stay as they are.
[[nodiscard]] ExitCode replay_letters(const Settings& settings, const ReplayOptions& options,
                                      const std::vector<std::string>& files, const Log& log);

}  // namespace bridge
