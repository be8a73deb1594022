// SPDX-License-Identifier: MIT
#include "tests/support/fault_server.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace test_support {
namespace {

using std::chrono::milliseconds;

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    address.sin_port = ::htons(static_cast<std::uint16_t>(port));
    return address;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
    return out;
}

/// The request line and the headers, without the empty line.
bool parse_head(std::string_view head, SeenRequest& request) {
    const std::size_t first = head.find(' ');
    const std::size_t second = head.find(' ', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
        return false;
    }
    request.method = head.substr(0, first);
    request.target = head.substr(first + 1, second - first - 1);
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;) {
        const std::size_t begin = at + 2;
        at = head.find("\r\n", begin);
        const std::string_view line = head.substr(begin, at - begin);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos) {
            const std::size_t value = line.find_first_not_of(' ', colon + 1);
            request.headers[lower(line.substr(0, colon))] =
                value == std::string_view::npos ? "" : line.substr(value);
        }
    }
    return true;
}

std::string answer_text(const Fault& fault) {
    std::string text = "HTTP/1.1 " + std::to_string(fault.status) + " Status\r\n";
    for (const auto& [name, value] : fault.headers) {
        text.append(name).append(": ").append(value).append("\r\n");
    }
    if (fault.status != 204) {
        text += "Content-Length: " + std::to_string(fault.body.size()) + "\r\n";
    }
    return text + "\r\n" + fault.body;
}

}  // namespace

FaultServer::FaultServer(int upstream_port)
    : upstream_port_(upstream_port),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
        ::getsockname(listener_.get(), generic, &size) != 0) {
        throw std::runtime_error("cannot listen on loopback");
    }
    port_ = ::ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
}

FaultServer::~FaultServer() {
    ::eventfd_write(stop_.get(), 1);
    acceptor_.join();
    clients_.clear();
}

void FaultServer::queue(const Fault& fault) {
    const std::scoped_lock lock(mutex_);
    queued_.push_back(fault);
}

void FaultServer::set_rule(Rule rule) {
    const std::scoped_lock lock(mutex_);
    rule_ = std::move(rule);
}

std::vector<SeenRequest> FaultServer::requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
}

std::size_t FaultServer::connections() const {
    const std::scoped_lock lock(mutex_);
    return connections_;
}

bool FaultServer::wait_for_requests(std::size_t count, milliseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return requests_.size() >= count; });
}

bool FaultServer::readable(int fd) const {
    std::array<pollfd, 2> fds = {pollfd{fd, POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    return ::poll(fds.data(), fds.size(), -1) > 0 && fds[1].revents == 0;
}

bool FaultServer::stopped_within(milliseconds wait) const {
    pollfd stop{stop_.get(), POLLIN, 0};
    return ::poll(&stop, 1, static_cast<int>(wait.count())) > 0;
}

void FaultServer::accept_all() {
    while (readable(listener_.get())) {
        auto client = std::make_shared<base::UniqueFd>(
            ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client->valid()) {
            continue;
        }
        std::size_t connection = 0;
        {
            const std::scoped_lock lock(mutex_);
            connection = ++connections_;
        }
        clients_.emplace_back([this, client, connection] {
            serve(*client, connection);
            client->reset();
        });
    }
}

bool FaultServer::read_request(int fd, std::string& buffer, SeenRequest& request) const {
    std::optional<std::size_t> total;
    std::size_t body_at = 0;
    while (!total || buffer.size() < *total) {
        std::array<char, 16U << 10U> chunk{};
        const auto got = readable(fd) ? ::recv(fd, chunk.data(), chunk.size(), 0) : -1;
        if (got <= 0) {
            return false;
        }
        buffer.append(chunk.data(), static_cast<std::size_t>(got));
        const std::size_t end = total ? std::string::npos : buffer.find("\r\n\r\n");
        if (end != std::string::npos) {
            if (!parse_head(std::string_view(buffer).substr(0, end), request)) {
                return false;
            }
            const auto length = request.headers.find("content-length");
            body_at = end + 4;
            total = body_at + (length == request.headers.end() ? 0 : std::stoul(length->second));
        }
    }
    request.body = buffer.substr(body_at, *total - body_at);
    buffer.erase(0, *total);
    return true;
}

Fault FaultServer::fault_for(const SeenRequest& request) {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
    changed_.notify_all();
    if (!queued_.empty()) {
        const Fault fault = queued_.front();
        queued_.pop_front();
        return fault;
    }
    return rule_ ? rule_(request) : Fault{};
}

void FaultServer::serve(const base::UniqueFd& client, std::size_t connection) {
    std::string buffer;
    while (true) {
        char first = 0;
        if (!readable(client.get()) || ::recv(client.get(), &first, 1, MSG_PEEK) <= 0) {
            return;
        }
        {
            const std::scoped_lock lock(mutex_);
            if (!queued_.empty() && queued_.front().kind == Fault::Kind::DropUnread) {
                queued_.pop_front();
                return;  // closing with unread bytes resets the connection
            }
        }
        SeenRequest request;
        request.connection = connection;
        if (!read_request(client.get(), buffer, request)) {
            return;
        }
        Fault fault = fault_for(request);
        const auto wish = request.headers.find("connection");
        if (wish != request.headers.end() && lower(wish->second) == "close") {
            // Says so, as a server should: a client may take the connection for its next request
            // otherwise, and only then find it closed.
            fault.headers.emplace("Connection", "close");
        }
        if (fault.kind == Fault::Kind::Forward || fault.kind == Fault::Kind::ForwardAndDrop) {
            if (stopped_within(fault.way)) {
                return;
            }
            const std::string reply = ask_upstream(request);
            if (!stopped_within(fault.delay) && fault.kind == Fault::Kind::Forward) {
                send_all(client.get(), reply);
            }
            return;  // the upstream was asked to close, and its answer says so
        }
        if (!answer(client.get(), fault)) {
            return;
        }
    }
}

bool FaultServer::answer(int fd, const Fault& fault) const {
    if (stopped_within(fault.delay) || fault.kind == Fault::Kind::DropUnread ||
        fault.kind == Fault::Kind::DropUnanswered) {
        return false;
    }
    std::string text = answer_text(fault);
    const bool whole = fault.kind == Fault::Kind::Answer;
    if (!whole) {
        text.resize(text.size() / 2);
    }
    if (fault.drip.count() == 0) {
        return send_all(fd, text) && whole && !fault.headers.contains("Connection");
    }
    for (const char c : text) {
        if (!send_all(fd, {&c, 1}) || stopped_within(fault.drip)) {
            return false;
        }
    }
    return whole;
}

std::string FaultServer::ask_upstream(const SeenRequest& request) const {
    const base::UniqueFd upstream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(upstream_port_);
    const std::string refused = "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n";
    if (::connect(upstream.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        return refused;
    }
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\nConnection: close\r\n";
    for (const auto& [name, value] : request.headers) {
        if (name != "connection") {
            text.append(name).append(": ").append(value).append("\r\n");
        }
    }
    std::string reply;
    std::array<char, 16U << 10U> chunk{};
    if (!send_all(upstream.get(), text + "\r\n" + request.body)) {
        return refused;
    }
    while (readable(upstream.get())) {
        const auto got = ::recv(upstream.get(), chunk.data(), chunk.size(), 0);
        if (got <= 0) {
            return reply.empty() ? refused : reply;
        }
        reply.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return refused;
}

}  // namespace test_support
