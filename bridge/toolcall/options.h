// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "bridge/toolcall/caller.h"

namespace bridge::toolcall {

/// The call that the arguments of boundary-loki-toolcall name: those of `boundary-loki toolcall
/// exec` but --log-dir and --config, as `--name value` or `--name=value`, and behind them, best
/// after
/// `--`, the command. Without --journal-dir the journal is where `boundary-loki` has it by the
/// environment. An Error for wrong usage.
[[nodiscard]] base::Result<ToolCall> read_options(const std::vector<std::string_view>& arguments);

/// BOUNDARY_LOKI_JOURNAL_DIR, else toolcalls/ in the first folder of BOUNDARY_LOG_DIR, else in
/// /tmp/boundary_logs.
[[nodiscard]] std::string journal_dir_by_environment();

}  // namespace bridge::toolcall
