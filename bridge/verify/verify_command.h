// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/process/exit_code.h"
#include "bridge/settings/settings.h"

namespace bridge {

struct VerifyOptions {
    std::vector<std::string> paths;  ///< empty = judge by the numbers that are stored alone
    std::optional<std::int64_t> since_ns;
    std::optional<std::int64_t> until_ns;
    /// LogQL selector of coderd's own log in the same Loki, to be held against ours; empty = not.
    std::string against_coderd;
    bool json = false;
};

/// Proves that the trail is complete: what the logs hold against what Loki holds, or without logs
/// by the numbers of the stored decisions. Sends nothing.
[[nodiscard]] ExitCode verify_command(const Settings& settings, const VerifyOptions& options);

}  // namespace bridge
