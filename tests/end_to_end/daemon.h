// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/loki_server.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace end_to_end {

/// `boundary-loki run` as a process, with folders of its own.
class Daemon {
public:
    explicit Daemon(std::string loki_url) : loki_url_(std::move(loki_url)) {}

    /// What to run it through: a command that takes another and becomes it.
    void wrap(std::vector<std::string> command) { wrapper_ = std::move(command); }

    void start(const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments = {BOUNDARY_LOKI_BINARY,
                                              "run",
                                              "--loki-url",
                                              loki_url_,
                                              "--log-dir",
                                              log_dir(),
                                              "--state-dir",
                                              state_dir(),
                                              "--metrics-address",
                                              "127.0.0.1:" + std::to_string(metrics_port_),
                                              "--owner",
                                              "joe",
                                              "--workspace",
                                              "w1",
                                              "--agent",
                                              "main",
                                              "--template",
                                              "firewalled",
                                              "--namespace",
                                              "coder-workspaces"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        arguments.insert(arguments.begin(), wrapper_.begin(), wrapper_.end());
        test_support::Process::Options options;
        options.errors = folder_.file("stderr");
        process_.emplace(arguments, options);
    }
    /// Asks it to end in order; its exit status, or -1 when it takes more than the promised 10 s.
    int stop() {
        process_->signal(SIGTERM);
        const int status = process_->wait(std::chrono::seconds(10)).value_or(-1);
        process_.reset();
        return status;
    }
    void kill() { process_.reset(); }

    [[nodiscard]] test_support::Process& process() { return *process_; }
    [[nodiscard]] std::string log_dir() const { return folder_.file("logs"); }
    [[nodiscard]] std::string state_dir() const { return folder_.file("state"); }
    [[nodiscard]] std::string log() const {
        return test_support::read_file(folder_.file("stderr"));
    }
    [[nodiscard]] int metrics_port() const { return metrics_port_; }
    [[nodiscard]] std::string metrics_url() const {
        return "http://127.0.0.1:" + std::to_string(metrics_port_) + "/metrics";
    }
    /// Value of one series as it stands in the exposition, or nothing when it is not there.
    [[nodiscard]] std::optional<double> metric(const std::string& series) const {
        const std::string text = "\n" + test_support::http_get(metrics_url()).second;
        const std::size_t at = text.find("\n" + series + " ");
        return at == std::string::npos
                   ? std::nullopt
                   : std::optional(std::stod(text.substr(at + series.size() + 2)));
    }

private:
    std::string loki_url_;
    test_support::TempDir folder_;
    std::vector<std::string> wrapper_;
    int metrics_port_ = test_support::free_port();
    std::optional<test_support::Process> process_;
};

}  // namespace end_to_end
