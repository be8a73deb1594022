// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "tests/support/patience.h"

namespace test_support {

/// What a FaultServer does with one request.
struct Fault {
    enum class Kind : std::uint8_t {
        Answer,
        DropUnread,      ///< hang up without reading the request
        DropUnanswered,  ///< read it, then hang up
        DropHalfway,     ///< hang up after half of the answer
        Forward,         ///< hand it to the upstream, and its answer back
        ForwardAndDrop,  ///< hand it to the upstream, then hang up
    };
    Kind kind = Kind::Answer;
    int status = 204;
    std::string body;
    std::map<std::string, std::string> headers;
    std::chrono::milliseconds delay{0};  ///< before the answer
    std::chrono::milliseconds way{0};    ///< before the upstream gets it, whoever still waits
    std::chrono::milliseconds drip{0};   ///< between two bytes of the answer

    static Fault answer(int status, std::string body = "") {
        Fault fault;
        fault.status = status;
        fault.body = std::move(body);
        return fault;
    }
    static Fault of(Kind kind) {
        Fault fault;
        fault.kind = kind;
        return fault;
    }
    [[nodiscard]] Fault after(std::chrono::milliseconds wait) const {
        Fault fault = *this;
        fault.delay = wait;
        return fault;
    }
    [[nodiscard]] Fault underway(std::chrono::milliseconds wait) const {
        Fault fault = *this;
        fault.way = wait;
        return fault;
    }
};

/// One request as it came over the wire.
struct SeenRequest {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    std::size_t connection = 0;  ///< counted from 1
};

/// An HTTP/1.1 server on loopback that fails in the ways a network and a server can. Every request
/// takes the next fault that was queued; then the rule decides; without a rule all get 204.
/// Connections are kept alive until a fault or an answer's `Connection: close` ends them.
class FaultServer {
public:
    using Rule = std::function<Fault(const SeenRequest&)>;

    /// `upstream_port`: where on 127.0.0.1 the Forward kinds lead.
    explicit FaultServer(int upstream_port = 0);
    FaultServer(const FaultServer&) = delete;
    FaultServer& operator=(const FaultServer&) = delete;
    ~FaultServer();

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// For one request to come.
    void queue(const Fault& fault);
    /// For all that nothing is queued for. It sees the request read, so DropUnread then means
    /// DropUnanswered. Called on the server's threads, one call at a time.
    void set_rule(Rule rule);

    /// Requests that were read whole, in their order.
    [[nodiscard]] std::vector<SeenRequest> requests() const;
    [[nodiscard]] std::size_t connections() const;
    /// Waits until `count` requests have been read; false when they do not come in time.
    [[nodiscard]] bool wait_for_requests(std::size_t count,
                                         std::chrono::milliseconds limit = kPatience);

private:
    void accept_all();
    void serve(const base::UniqueFd& client, std::size_t connection);
    [[nodiscard]] bool readable(int fd) const;
    [[nodiscard]] bool stopped_within(std::chrono::milliseconds wait) const;
    [[nodiscard]] bool read_request(int fd, std::string& buffer, SeenRequest& request) const;
    [[nodiscard]] Fault fault_for(const SeenRequest& request);
    [[nodiscard]] bool answer(int fd, const Fault& fault) const;
    [[nodiscard]] std::string ask_upstream(const SeenRequest& request) const;

    int upstream_port_;
    int port_ = 0;
    base::UniqueFd listener_;
    base::UniqueFd stop_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Fault> queued_;
    Rule rule_;
    std::vector<SeenRequest> requests_;
    std::size_t connections_ = 0;

    std::list<std::jthread> clients_;  ///< touched by the accepting thread alone
    std::jthread acceptor_;
};

}  // namespace test_support
