// SPDX-License-Identifier: MIT
#include "bridge/commands/commands.h"

namespace bridge {

ExitCode summary_command(const Settings&, const SummaryOptions&) { return ExitCode::Incomplete; }

}  // namespace bridge
