// SPDX-License-Identifier: MIT
#pragma once

#include "bridge/process/environment.h"

namespace bridge {

/// Whether this process runs inside of Boundary's jail, as far as its environment tells: in it,
/// each of the variables by which programs find certificates leads to Boundary's own authority
/// (coder/boundary landjail/child.go and nsjail_manager/nsjail/env.go; v0.9.0 and later).
[[nodiscard]] bool inside_jail(const Environment& environment);

}  // namespace bridge
