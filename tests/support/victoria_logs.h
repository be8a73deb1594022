// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace test_support {

/// A VictoriaLogs of the test's own, on loopback, with its data in a temporary folder.
class VictoriaLogs {
public:
    VictoriaLogs() = default;

    /// Starts it and waits until it takes pushes.
    void start();
    /// Ends it in order: it writes what it has taken to disk first.
    void stop();
    [[nodiscard]] int port() const { return port_; }
    /// What --loki-url wants.
    [[nodiscard]] std::string url() const { return origin() + "/insert"; }

    using Row = std::map<std::string, std::string>;  ///< fields by name
    /// The rows that a LogsQL query gives.
    [[nodiscard]] std::vector<Row> query(const std::string& logsql) const;
    /// What `logsql | stats count()` counts.
    [[nodiscard]] std::uint64_t count(const std::string& logsql) const;

private:
    [[nodiscard]] std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }

    TempDir folder_;
    int port_ = free_port();
    std::optional<Process> process_;
};

}  // namespace test_support
