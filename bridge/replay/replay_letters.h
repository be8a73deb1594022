// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bridge/console/log.h"
#include "bridge/process/exit_code.h"
#include "bridge/replay/replay_command.h"
#include "bridge/settings/settings.h"

namespace bridge {

/// Sends the entries in files of dead letters as they were meant to be sent, oldest first, after
/// asking Loki what it already has. Logs what cannot be sent. The files are left as they are.
[[nodiscard]] ExitCode replay_letters(const Settings& settings, const ReplayOptions& options,
                                      const std::vector<std::string>& files, const Log& log);

}  // namespace bridge
