// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bridge {

/// Exit statuses of every command.
enum class ExitCode : std::uint8_t {
    Done = 0,
    Incomplete = 1,  ///< the work failed, or not all of it was done
    Usage = 2,       ///< wrong usage or configuration; nothing was started
};

}  // namespace bridge
