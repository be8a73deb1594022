// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/process/exit_code.h"
#include "bridge/settings/settings.h"

namespace bridge {

struct SuggestOptions {
    std::vector<std::string> paths;
    std::optional<std::int64_t> since_ns;  ///< inclusive
    std::optional<std::int64_t> until_ns;  ///< exclusive
    std::uint64_t min_count = 1;
    std::string boundary_config;  ///< Boundary's own configuration; empty = none
    bool json = false;
};

/// Prints the allow rules that would have let through what was denied, and rules of Boundary's
/// configuration that nothing used. Changes nothing.
[[nodiscard]] ExitCode suggest_command(const Settings& settings, const SuggestOptions& options);

}  // namespace bridge
