// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

namespace bridge {

/// Reads secrets from an inherited descriptor and closes it: lines `NAME=VALUE`, where NAME is
/// LOKI_BEARER_TOKEN or LOKI_PASSWORD. They then count as variables of the environment, but unlike
/// those they are never in /proc/PID/environ, and not for a moment readable by other processes of
/// the user's: call harden_process() first. Before any thread is started. An Error names no value.
[[nodiscard]] base::Result<void> take_secrets_from(int descriptor);

}  // namespace bridge
