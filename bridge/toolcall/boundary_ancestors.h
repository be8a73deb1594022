// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bridge {

/// What stands above a process in a jail.
struct BoundaryAncestors {
    /// Nearest first. Boundary starts itself a second time within the jail, so there are two: that
    /// which logs the decisions is the furthest.
    std::vector<std::int64_t> pids;
    std::string confined_process;  ///< name of what the nearest one runs, e.g. claude
};

/// Looks for Boundary among the ancestors of `pid` (not itself), by the names that /proc gives.
/// Empty when there is none, or /proc does not tell. `proc` is for tests.
[[nodiscard]] BoundaryAncestors boundary_ancestors(std::int64_t pid,
                                                   const std::string& proc = "/proc");

}  // namespace bridge
