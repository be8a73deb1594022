// SPDX-License-Identifier: MIT
#include "bridge/doctor/checks.h"

#include <algorithm>

namespace bridge::doctor {

bool Gathered::dashboard_shows() const {
    const Totals* totals = dashboard.chosen_totals();
    return totals != nullptr && totals->allowed + totals->denied > 0;
}

Findings run_checks(const Gathered& seen) {
    const std::pair<const char*, const std::vector<Check>&> hops[] = {
        {kBoundary, boundary_checks()}, {kFiles, file_checks()}, {kDaemon, daemon_checks()},
        {kIdentity, identity_checks()}, {kLoki, loki_checks()},  {kDashboard, dashboard_checks()}};
    Findings findings;
    for (const auto& [hop, checks] : hops) {
        for (const Check check : checks) {
            if (auto found = check(seen)) {
                found->hop = hop;
                findings.push_back(std::move(*found));
            }
        }
    }
    return findings;
}

const Finding* first_cause(const Findings& findings) {
    if (const auto stops = std::ranges::find(findings, true, &Finding::stops_all);
        stops != findings.end()) {
        return &*stops;
    }
    for (const State state : {State::Fail, State::Warn}) {
        const auto found = std::ranges::find(findings, state, &Finding::state);
        if (found != findings.end()) {
            return &*found;
        }
    }
    return nullptr;
}

std::string duration_text(std::chrono::seconds span) {
    const auto seconds = span.count();
    const auto two = [](std::int64_t large, const char* unit, std::int64_t small,
                        const char* small_unit) {
        std::string text = std::to_string(large) + " " + unit;
        return small == 0 ? text : text + " " + std::to_string(small) + " " + small_unit;
    };
    if (seconds >= 86400) {
        return two(seconds / 86400, "d", seconds / 3600 % 24, "h");
    }
    if (seconds >= 3600) {
        return two(seconds / 3600, "h", seconds / 60 % 60, "min");
    }
    return seconds >= 60 ? two(seconds / 60, "min", 0, "") : std::to_string(seconds) + " s";
}

std::string count_text(std::uint64_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace bridge::doctor
