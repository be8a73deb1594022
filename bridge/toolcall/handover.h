// SPDX-License-Identifier: MIT
#pragma once

#include "bridge/toolcall/caller.h"

namespace bridge::toolcall {

/// Becomes boundary-loki-toolcall, which lies beside this program, with this call. Where it is not
/// there: says so and gives 126, or with `fail_open` runs the command without Boundary.
[[nodiscard]] int hand_over(const ToolCall& call);

}  // namespace bridge::toolcall
