// SPDX-License-Identifier: MIT
#include "tests/end_to_end/boundary.h"

#include <stdexcept>

#include "tests/support/programs.h"

namespace end_to_end {
namespace {

using test_support::tool;

constexpr std::chrono::seconds kStartLimit{20};

}  // namespace

Upstream::Upstream() {
    test_support::Process::Options options;
    options.output = folder_.file("address");
    process_.emplace(
        std::vector<std::string>{tool("boundary-stand-in").value_or("boundary-stand-in"),
                                 "--serve-upstream", "127.0.0.1:0"},
        options);
    std::string address;
    const bool up = test_support::eventually(
        [&] {
            address = test_support::read_file(options.output);
            return address.ends_with('\n');
        },
        kStartLimit);
    if (!up) {
        throw std::runtime_error("the upstream server did not start");
    }
    address.pop_back();
    port_ = address.substr(address.rfind(':') + 1);
}

Counts count_by_decision_domain_method(const std::vector<Request>& requests) {
    Counts counts;
    for (const auto& request : requests) {
        ++counts[{request.decision, request.domain, request.method}];
    }
    return counts;
}

void run_jailed_under(const std::string& program, const std::string& log_dir,
                      const std::vector<Request>& requests, const std::vector<std::string>& policy,
                      const std::string& config) {
    std::string script;
    for (const auto& request : requests) {
        script += "curl -s -o /dev/null --max-time 20 --path-as-is ";
        script += request.method == "HEAD" ? "-I" : "-X " + request.method;
        script += " '" + request.url + "'\n";
    }
    const test_support::TempDir folder;  // for its CA, which several would make at once
    std::vector<std::string> command = {program, "--log-dir", log_dir, "--log-level", "info"};
    command.insert(command.end(), policy.begin(), policy.end());
    command.insert(command.end(), {"--proxy-port", std::to_string(test_support::free_port()), "--",
                                   "sh", "-c", script});
    std::map<std::string, std::string> environment = {{"BOUNDARY_JAIL_TYPE", "landjail"},
                                                      {"XDG_CONFIG_HOME", folder.path()}};
    if (!config.empty()) {
        environment.emplace("BOUNDARY_CONFIG", config);
    }
    const auto result = test_support::run_command(command, environment);
    if (result.status != 0) {
        throw std::runtime_error(program + " ended with " + std::to_string(result.status) + ": " +
                                 result.output + result.errors);
    }
}

void run_jailed(const std::string& program, const std::string& log_dir,
                const std::vector<Request>& requests) {
    run_jailed_under(program, log_dir, requests,
                     {"--allow", "domain=127.0.0.1", "--allow", "domain=localhost"}, "");
}

}  // namespace end_to_end
