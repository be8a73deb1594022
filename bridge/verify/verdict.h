// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/verify/numbers.h"

namespace bridge::verify {

/// What is wrong with the decisions, or the notices, of a session, by their numbers.
struct Findings {
    NamedNumbers missing;
    NamedNumbers doubled;     ///< once for each entry too many
    NamedNumbers altered;     ///< stored under this number is another line
    NamedNumbers unexpected;  ///< the log has no such number

    [[nodiscard]] bool any() const {
        return missing.count() + doubled.count() + altered.count() + unexpected.count() > 0;
    }
};

struct SessionVerdict {
    std::string session;
    std::string owner;
    std::string workspace;
    std::uint64_t decisions = 0;  ///< in the log; without logs, different ones stored
    std::uint64_t notices = 0;
    std::optional<std::uint64_t> lowest;  ///< of the decisions
    std::optional<std::uint64_t> highest;
    Findings of_decisions;
    Findings of_notices;
    std::uint64_t unnumbered = 0;  ///< entries of an early version: nothing can be said of them
    bool begins_before = false;    ///< the first numbers lie before the span

    [[nodiscard]] bool whole() const { return !of_decisions.any() && !of_notices.any(); }
};

/// What coderd recorded of a workspace beside what is here.
struct WorkspaceVerdict {
    static constexpr std::size_t kMostTimes = 20;
    std::string owner;
    std::string workspace;
    std::uint64_t both = 0;
    std::uint64_t missing_at_coderd = 0;
    std::uint64_t missing_here = 0;
    std::vector<std::pair<std::string, NamedNumbers>> sessions;  ///< with what coderd lacks of each
    std::vector<std::int64_t> missing_here_at;                   ///< event times of some
};

/// What verify found, with or without logs.
struct Verdict {
    bool with_logs = false;
    std::string server;
    std::string query;
    std::int64_t from_ns = 0;
    std::int64_t until_ns = 0;
    std::vector<SessionVerdict> sessions;  ///< by name
    bool against_coderd = false;
    std::vector<WorkspaceVerdict> workspaces;  ///< against coderd
    std::vector<std::string> notes;            ///< what is to be known beside, one sentence each
    std::vector<std::string> troubles;         ///< why not all could be read

    [[nodiscard]] bool complete() const;
};

/// For a person; and for machines, one JSON object.
[[nodiscard]] std::string verdict_text(const Verdict& verdict);
[[nodiscard]] std::string verdict_json(const Verdict& verdict);

/// "1 entry", "2,000 entries": `many` is the plural.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

}  // namespace bridge::verify
