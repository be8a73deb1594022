// SPDX-License-Identifier: MIT
#include "bridge/daemon/metrics_server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/host.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;

/// A scraper's request has some hundred bytes.
constexpr std::size_t kLongestRequest = 16U << 10U;
constexpr int kQueue = 64;

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

base::SteadyTime now() { return std::chrono::steady_clock::now(); }

std::string response(std::string_view status, std::string_view body) {
    std::string text = "HTTP/1.1 ";
    text.append(status).append("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    text += "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
    return text.append(body);
}

}  // namespace

MetricsServer::MetricsServer(std::string address, Owner owner, milliseconds client_limit)
    : address_(std::move(address)),
      owner_(std::move(owner)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      client_limit_(client_limit) {}

MetricsServer::~MetricsServer() {
    if (thread_.joinable()) {
        ::eventfd_write(stop_.get(), 1);
        thread_.join();
    }
}

base::Result<void> MetricsServer::start() {
    auto listens = listen();
    if (!listens) {
        failing_ = true;
        retry_at_ = now() + retry_in_;
    }
    thread_ = std::jthread([this] { run(); });
    return listens;
}

base::Result<void> MetricsServer::listen() {
    const auto trouble = [this](const std::string& cause, int code = 0) {
        return base::failure("cannot serve metrics on " + address_ + ": " + cause, code);
    };
    const auto where = base::parse_host_port(address_);
    if (!where) {
        return trouble(where.error().message);
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    // A name server that does not answer must keep nobody waiting, so no name is asked for.
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV | AI_NUMERICHOST;
    const std::string host = where->host == "localhost" ? "127.0.0.1" : where->host;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), where->port.c_str(), &hints, &found);
    const Addresses addresses(failed == 0 ? found : nullptr, &::freeaddrinfo);
    if (failed != 0) {
        return trouble(::gai_strerror(failed));
    }
    int code = 0;
    for (const addrinfo* at = addresses.get(); at != nullptr; at = at->ai_next) {
        base::UniqueFd fd(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                                   at->ai_protocol));
        const int on = 1;
        // For the connections of a predecessor that are still being closed.
        ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (fd.valid() && ::bind(fd.get(), at->ai_addr, at->ai_addrlen) == 0 &&
            ::listen(fd.get(), kQueue) == 0) {
            listener_ = std::move(fd);
            return {};
        }
        code = errno;
    }
    return trouble(std::generic_category().message(code), code);
}

void MetricsServer::fail(const std::string& cause) {
    clients_.clear();
    listener_.reset();
    retry_at_ = now() + retry_in_;
    retry_in_ = std::min(retry_in_ * 2, kLongestRetry);
    if (!std::exchange(failing_, true)) {
        owner_.failed(cause);
    }
}

void MetricsServer::run() {
    while (true) {
        try {
            if (!listener_.valid() && now() >= retry_at_) {
                if (const auto listens = listen(); !listens) {
                    fail(listens.error().message);
                } else if (std::exchange(failing_, false)) {
                    retry_in_ = kFirstRetry;
                    owner_.serves();
                }
            }
            pollfd stop{stop_.get(), POLLIN, 0};
            if (::poll(&stop, 1, 0) > 0) {
                return;
            }
            serve_once();
        } catch (const std::exception& trouble) {
            fail(std::string("the server of metrics failed: ") + trouble.what());
        }
    }
}

base::SteadyTime MetricsServer::next_due() const {
    base::SteadyTime due = listener_.valid() ? base::SteadyTime::max() : retry_at_;
    for (const Client& client : clients_) {
        due = std::min(due, client.until);
    }
    return due;
}

void MetricsServer::serve_once() {
    std::vector<pollfd> fds = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const Client& client : clients_) {
        const short wanted = client.answering ? POLLOUT : POLLIN;
        fds.push_back({client.fd.get(), wanted, 0});
    }
    const base::SteadyTime due = next_due();
    const auto left = std::chrono::ceil<milliseconds>(due - now()).count();
    const bool for_ever = due == base::SteadyTime::max();
    ::poll(fds.data(), fds.size(),
           for_ever ? -1 : static_cast<int>(std::max<std::int64_t>(left, 0)));
    std::size_t at = 2;
    for (auto client = clients_.begin(); client != clients_.end(); ++at) {
        const bool over = fds[at].revents != 0 ? !go_on(*client) : now() >= client->until;
        client = over ? clients_.erase(client) : std::next(client);
    }
    if (fds[1].revents != 0 && !accept_all()) {
        fail("cannot take a connection for metrics: " + std::generic_category().message(errno));
    }
}

bool MetricsServer::accept_all() {
    while (true) {
        base::UniqueFd fd(
            ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!fd.valid()) {
            const bool no_more = errno == EAGAIN || errno == EWOULDBLOCK;
            if (no_more || (errno != EINTR && errno != ECONNABORTED)) {
                return no_more;
            }
            continue;
        }
        if (clients_.size() == kMostClients) {
            clients_.pop_front();  // who has been there the longest had the most time to ask
        }
        clients_.push_back({std::move(fd), now() + client_limit_, {}, {}, false});
        // A request mostly comes along with its connection.
        if (!go_on(clients_.back())) {
            clients_.pop_back();
        }
    }
}

bool MetricsServer::go_on(Client& client) {
    while (!client.answering) {
        std::array<char, 4096> part{};
        const ::ssize_t got = ::recv(client.fd.get(), part.data(), part.size(), 0);
        if (got <= 0) {
            return got < 0 && (errno == EAGAIN || errno == EINTR);
        }
        client.request.append(part.data(), static_cast<std::size_t>(got));
        if (client.request.find("\r\n\r\n") != std::string::npos) {
            client.answer = answer_to(client.request);
            client.answering = true;
        } else if (client.request.size() > kLongestRequest) {
            return false;
        }
    }
    while (!client.answer.empty()) {
        const ::ssize_t sent =
            ::send(client.fd.get(), client.answer.data(), client.answer.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return sent < 0 && (errno == EAGAIN || errno == EINTR);
        }
        client.answer.erase(0, static_cast<std::size_t>(sent));
    }
    return false;
}

std::string MetricsServer::answer_to(const std::string& request) const {
    const std::string_view line = std::string_view(request).substr(0, request.find("\r\n"));
    const std::size_t space = line.find(' ');
    const std::string_view method = line.substr(0, space);
    std::string_view target = line.substr(std::min(space, line.size() - 1) + 1);
    target = target.substr(0, target.find_first_of(" ?"));
    if (method != "GET") {
        return response("405 Method Not Allowed", "only GET is served here\n");
    }
    if (target != "/metrics") {
        return response("404 Not Found", "only /metrics is served here\n");
    }
    return response("200 OK", owner_.metrics());
}

}  // namespace bridge
