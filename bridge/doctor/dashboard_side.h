// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/settings/settings.h"
#include "exporter/loki/loki_client.h"

namespace bridge::doctor {

/// A dashboard whose Request Totals are asked for.
struct Dashboard {
    std::string_view name;     ///< as --dashboard takes it
    std::string_view needs;    ///< the flags with which the daemon feeds it
    std::chrono::hours range;  ///< that it opens with
};

/// This project's; the one for coderd's lines in JSON; the one for them in human form. See
/// dashboards/README.md.
[[nodiscard]] const std::vector<Dashboard>& dashboards();

/// The query behind its Request Totals, by decision, with owner and workspace filled in where the
/// dashboard has a filter for them and we know them.
[[nodiscard]] std::string request_totals(const Dashboard& dashboard,
                                         const tailer::WorkspaceIdentity& who,
                                         std::chrono::seconds range);

struct Totals {
    const Dashboard* dashboard = nullptr;
    std::string query;
    std::chrono::seconds range{};
    std::string trouble;  ///< why there is no number
    std::uint64_t allowed = 0;
    std::uint64_t denied = 0;
};

/// What the dashboards read.
struct DashboardSide {
    std::string chosen;          ///< by --dashboard
    std::vector<Totals> totals;  ///< in the order of dashboards()
    std::uint64_t ours = 0;      ///< decisions of any workspace that a bridge pushed
    std::uint64_t coderd = 0;    ///< boundary_request lines that are not ours

    [[nodiscard]] const Totals* chosen_totals() const;
};

/// Runs the queries. `range` replaces the dashboards' own.
[[nodiscard]] DashboardSide look_at_dashboards(const Settings& settings, exporter::LokiClient& loki,
                                               const std::string& chosen,
                                               std::optional<std::chrono::seconds> range);

}  // namespace bridge::doctor
