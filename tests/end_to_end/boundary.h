// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace end_to_end {

/// A server on loopback that answers 200 to every request.
class Upstream {
public:
    Upstream();
    [[nodiscard]] const std::string& port() const { return port_; }

private:
    test_support::TempDir folder_;
    std::optional<test_support::Process> process_;
    std::string port_;
};

/// One request that a jailed curl makes.
struct Request {
    std::string method;
    std::string url;
    std::string decision;  ///< what Boundary will say
    std::string domain;
};

using Counts = std::map<std::tuple<std::string, std::string, std::string>, std::int64_t>;
[[nodiscard]] Counts count_by_decision_domain_method(const std::vector<Request>& requests);

/// Runs all requests, one after another, as curl under one Boundary with this policy: flags of it,
/// and a file for BOUNDARY_CONFIG, if not empty. `program` is the real `boundary` (landjail) or its
/// stand-in. Throws when it fails.
void run_jailed_under(const std::string& program, const std::string& log_dir,
                      const std::vector<Request>& requests, const std::vector<std::string>& policy,
                      const std::string& config);
/// The same under a policy that allows 127.0.0.1 and localhost.
void run_jailed(const std::string& program, const std::string& log_dir,
                const std::vector<Request>& requests);

}  // namespace end_to_end
