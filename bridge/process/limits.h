// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace bridge {

/// How many files this process may have open: a number, or "none".
[[nodiscard]] std::string open_files_limit();

/// The memory limit in bytes of the cgroup (v2) that `membership`, a file like /proc/self/cgroup,
/// names below `root`, or the strictest one above it; "none" if there is none or it cannot be read.
[[nodiscard]] std::string memory_limit(const std::string& membership = "/proc/self/cgroup",
                                       const std::string& root = "/sys/fs/cgroup");

}  // namespace bridge
