// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bridge/doctor/boundary_side.h"
#include "bridge/doctor/coderd_side.h"
#include "bridge/doctor/daemon_side.h"
#include "bridge/doctor/dashboard_side.h"
#include "bridge/doctor/finding.h"
#include "bridge/doctor/log_survey.h"
#include "bridge/doctor/loki_side.h"
#include "bridge/settings/settings.h"

namespace bridge::doctor {

/// All that was seen; checks only judge it.
struct Gathered {
    Settings settings;
    BoundarySide boundary;
    LogSurvey logs;
    DaemonSide daemon;
    LokiSide loki;
    DashboardSide dashboard;
    CoderdSide coderd;
    std::int64_t now_ns = 0;

    /// Whether the dashboard asked about shows any decision of this workspace.
    [[nodiscard]] bool dashboard_shows() const;
    /// Whether the dashboard is one that was made for coderd's lines.
    [[nodiscard]] bool for_coderd() const { return dashboard.chosen.starts_with("coderd"); }
};

/// What a check found; run_checks() adds of which hop.
[[nodiscard]] inline Finding finding(const char* check, State state, std::string seen,
                                     std::string remedy = "") {
    return {"", check, state, std::move(seen), std::move(remedy), false};
}

/// What keeps every decision from getting any further.
[[nodiscard]] inline Finding stop(const char* check, std::string seen, std::string remedy) {
    return {"", check, State::Fail, std::move(seen), std::move(remedy), true};
}

/// One question about what was seen; nothing when it does not arise.
using Check = std::optional<Finding> (*)(const Gathered& seen);

/// The checks of each hop, in the order in which a cause comes before its effects.
[[nodiscard]] const std::vector<Check>& boundary_checks();
[[nodiscard]] const std::vector<Check>& file_checks();
[[nodiscard]] const std::vector<Check>& daemon_checks();
[[nodiscard]] const std::vector<Check>& identity_checks();
[[nodiscard]] const std::vector<Check>& loki_checks();
[[nodiscard]] const std::vector<Check>& dashboard_checks();

/// All of them, hop by hop.
[[nodiscard]] Findings run_checks(const Gathered& seen);

/// The finding to mend first: the first that stops all decisions, else the first failure, else the
/// first warning, else none.
[[nodiscard]] const Finding* first_cause(const Findings& findings);

/// "3 d 4 h", "2 min", "5 s".
[[nodiscard]] std::string duration_text(std::chrono::seconds span);
/// "1 log file", "3 log files".
[[nodiscard]] std::string count_text(std::uint64_t count, const std::string& noun);

}  // namespace bridge::doctor
