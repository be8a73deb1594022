// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "tailer/files/skipped_files.h"

namespace bridge::doctor {

struct FolderSeen {
    std::string path;
    bool exists = false;
    std::string trouble;   ///< why it cannot be listed
    std::size_t logs = 0;  ///< files of Boundary's own naming
};

/// What the log files hold, as Boundary wrote it.
struct LogSurvey {
    std::vector<FolderSeen> folders;
    std::size_t files = 0;  ///< that the daemon reads
    /// Named as Boundary names its logs, and not read by the daemon: how many, by reason, and the
    /// first of each, with its path for a name.
    std::array<std::size_t, tailer::kSkipReasons> skipped{};
    std::vector<tailer::SkippedFile> first_skipped;
    std::size_t empty_files = 0;
    std::size_t files_read = 0;
    bool partial = false;                 ///< the newest files only, or only their ends
    std::vector<std::string> unreadable;  ///< a sentence each

    std::uint64_t allowed = 0;
    std::uint64_t denied = 0;
    std::uint64_t notices = 0;
    std::uint64_t unparsed = 0;
    std::uint64_t info_lines = 0;      ///< of level INFO or below, which `warn` does not write
    std::uint64_t without_scheme = 0;  ///< decisions of Boundary before v0.5.2
    std::optional<std::int64_t> first_decision_ns;
    std::optional<std::int64_t> last_decision_ns;

    // What Boundary itself says of its way to coderd, and of its start.
    std::uint64_t no_socket = 0;
    std::uint64_t audit_off = 0;
    std::uint64_t audit_dropped = 0;
    std::uint64_t sessions_started = 0;  ///< with a session id: Boundary after v0.9.0
    std::uint64_t no_listener = 0;
    std::uint64_t no_rules = 0;

    [[nodiscard]] std::uint64_t decisions() const { return allowed + denied; }
    [[nodiscard]] std::size_t all_skipped() const {
        return std::accumulate(skipped.begin(), skipped.end(), std::size_t{0});
    }
    /// Whether Boundary has left a file of any kind.
    [[nodiscard]] bool any_log() const { return files + all_skipped() > 0; }
};

/// Bounds what is read, newest files first.
struct SurveyLimits {
    std::uint64_t file_bytes = 4U << 20U;  ///< of each file's end
    std::uint64_t all_bytes = 64U << 20U;
};

/// Reads the log folders as the daemon does, by the same rule for each file.
[[nodiscard]] LogSurvey survey_logs(const std::vector<std::string>& folders,
                                    const std::vector<std::uint32_t>& trusted_owners = {},
                                    const SurveyLimits& limits = {});

}  // namespace bridge::doctor
