// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/exposer.h>

#include "base/result.h"

namespace bridge {

/// Serves metrics over HTTP until it is destroyed, which takes a moment only: CivetWeb, below
/// prometheus-cpp, looks up from its listening socket every two seconds, so it is knocked at.
class MetricsServer {
public:
    /// On `address`, HOST:PORT. The Error says why not.
    [[nodiscard]] static base::Result<std::unique_ptr<MetricsServer>> open(
        const std::string& address,
        const std::vector<std::weak_ptr<prometheus::Collectable>>& sources);
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;
    ~MetricsServer();

private:
    MetricsServer(std::string address, std::unique_ptr<prometheus::Exposer> exposer)
        : address_(std::move(address)), exposer_(std::move(exposer)) {}

    std::string address_;
    std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace bridge
