// SPDX-License-Identifier: MIT
#pragma once

namespace bridge {

/// Help for --boundary, which several commands take.
inline constexpr const char* kBoundaryHelp =
    "Boundary's command, with arguments if need be [BOUNDARY_LOKI_BOUNDARY] (default: the first "
    "that is there of boundary, coder agent-firewall and coder boundary)";

}  // namespace bridge
