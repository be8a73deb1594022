// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace bridge::doctor {

/// coderd's own metrics, as far as a Prometheus shows them. Panels such as "Total Batches
/// Forwarded" come from there, not from Loki.
struct CoderdSide {
    std::string prometheus_url;  ///< empty = not asked
    std::string trouble;         ///< why there is no answer
    double agents = 0;           ///< series of agent_boundary_log_proxy_batches_forwarded_total
};

[[nodiscard]] CoderdSide look_at_coderd(const std::string& prometheus_url);

}  // namespace bridge::doctor
