// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace bridge {

/// Serves GET /metrics over HTTP/1.1 until it is destroyed, on a thread of its own. A client that
/// connects and then sends or reads nothing never keeps another from its answer. If it cannot
/// listen, or fails later, it keeps trying.
class MetricsServer {
public:
    static constexpr std::size_t kMostClients = 16;
    /// Limit from the connection to the last byte of the answer.
    static constexpr std::chrono::milliseconds kClientLimit{5'000};
    static constexpr std::chrono::milliseconds kFirstRetry{1'000};
    static constexpr std::chrono::milliseconds kLongestRetry{30'000};

    struct Owner {
        std::function<std::string()> metrics;                  ///< in Prometheus' text format
        std::function<void(const std::string& cause)> failed;  ///< told once, until it serves
        std::function<void()> serves;                          ///< after that, again
    };

    /// `address` is HOST:PORT. The functions of `owner` are called on the server's thread.
    MetricsServer(std::string address, Owner owner,
                  std::chrono::milliseconds client_limit = kClientLimit);
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;
    ~MetricsServer();

    /// Starts it. An Error says why it does not serve yet; it keeps trying.
    [[nodiscard]] base::Result<void> start();

private:
    struct Client {
        base::UniqueFd fd;
        base::SteadyTime until;
        std::string request;
        std::string answer;
        bool answering = false;
    };
    [[nodiscard]] base::Result<void> listen();
    void run();
    void serve_once();
    [[nodiscard]] base::SteadyTime next_due() const;
    [[nodiscard]] bool accept_all();
    /// Whether the client still needs attention.
    [[nodiscard]] bool go_on(Client& client);
    [[nodiscard]] std::string answer_to(const std::string& request) const;
    void fail(const std::string& cause);

    std::string address_;
    Owner owner_;
    base::UniqueFd stop_;
    std::chrono::milliseconds client_limit_;
    base::UniqueFd listener_;
    std::list<Client> clients_;  ///< in order of arrival
    bool failing_ = false;
    std::chrono::milliseconds retry_in_ = kFirstRetry;
    base::SteadyTime retry_at_{};
    std::jthread thread_;
};

}  // namespace bridge
