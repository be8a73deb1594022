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

/// A stock Loki of the test's own, on loopback, with its data in a temporary folder.
class LokiServer {
public:
    struct Options {
        bool auth_enabled = false;
        std::string limits;  ///< more lines for limits_config, as YAML flow: "a: 1, b: 2"
    };

    LokiServer();
    explicit LokiServer(Options options);

    /// Starts it and waits until it takes pushes and answers queries.
    void start();
    void kill() { process_.reset(); }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int port() const { return port_; }

    struct Row {
        std::map<std::string, std::string> labels;  ///< stream labels and structured metadata
        std::int64_t timestamp_ns = 0;
        std::string line;
    };
    /// All log rows of a query between two instants, oldest first.
    [[nodiscard]] std::vector<Row> rows(const std::string& query, std::int64_t start_ns,
                                        std::int64_t end_ns) const;
    /// An instant metric query: value by the value of `label` ("" = no such label).
    [[nodiscard]] std::map<std::string, std::int64_t> counts(const std::string& query,
                                                             const std::string& label,
                                                             std::int64_t at_ns) const;
    /// The body of a GET on this server, with its status.
    [[nodiscard]] std::pair<long, std::string> get(
        const std::string& path, const std::map<std::string, std::string>& parameters = {}) const;
    /// A counter of its /metrics, summed over all its series that hold `match`.
    [[nodiscard]] double metric(const std::string& name, const std::string& match = "") const;

private:
    Options options_;
    TempDir folder_;
    int port_;
    int grpc_port_;
    std::optional<Process> process_;
};

/// GET any URL on loopback: status (0 = no answer) and body.
[[nodiscard]] std::pair<long, std::string> http_get(const std::string& url,
                                                    const std::string& tenant = "");

}  // namespace test_support
