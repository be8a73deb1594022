// SPDX-License-Identifier: MIT
#include "bridge/daemon/metrics_server.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <stop_token>
#include <thread>

#include <netdb.h>
#include <sys/socket.h>

#include "base/unique_fd.h"

namespace bridge {
namespace {

/// A few, as more would fill the queue of a server whose one worker hangs.
constexpr int kMostKnocks = 10;
constexpr std::chrono::milliseconds kKnockEvery{10};

using Address = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// Where to reach what listens on HOST:PORT; null = that is not known.
Address reach(const std::string& listens_on) {
    const std::size_t colon = listens_on.rfind(':');
    const bool any_host = colon == std::string::npos;
    std::string host = any_host ? "" : listens_on.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    const std::string port = any_host ? listens_on : listens_on.substr(colon + 1);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed =
        ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
    return {failed == 0 ? found : nullptr, &::freeaddrinfo};
}

/// Opens a connection and closes it, which wakes whoever waits for one.
void knock(const addrinfo& at) {
    const base::UniqueFd fd(
        ::socket(at.ai_family, at.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at.ai_protocol));
    static_cast<void>(::connect(fd.get(), at.ai_addr, at.ai_addrlen));
}

}  // namespace

base::Result<std::unique_ptr<MetricsServer>> MetricsServer::open(
    const std::string& address,
    const std::vector<std::weak_ptr<prometheus::Collectable>>& sources) {
    try {
        auto exposer = std::make_unique<prometheus::Exposer>(address, 1);
        for (const auto& source : sources) {
            exposer->RegisterCollectable(source);
        }
        return std::unique_ptr<MetricsServer>(new MetricsServer(address, std::move(exposer)));
    } catch (const std::exception& trouble) {
        return base::failure("cannot serve metrics on " + address + ": " + trouble.what());
    }
}

MetricsServer::~MetricsServer() {
    // From a thread of its own: only once the end has begun does a knock make the server look.
    const std::jthread knocking([this](const std::stop_token& done) {
        const Address at = reach(address_);
        for (int i = 0; i < kMostKnocks && at && !done.stop_requested(); ++i) {
            knock(*at);
            std::this_thread::sleep_for(kKnockEvery);
        }
    });
    exposer_.reset();
}

}  // namespace bridge
