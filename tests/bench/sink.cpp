// SPDX-License-Identifier: MIT
// The server that the benchmark's contenders push to: takes everything at once, keeps nothing, and
// counts. One thread, one epoll; decoding costs it a fraction of what any contender spends.
//
//     POST /v1/logs   logs as OTLP; answered 200 as soon as they are counted
//     POST *       a push in one of Loki's formats; answered 204 as soon as it is counted
//     GET  /stats  {"entries":..,"distinct":..,"requests":..,"wire_bytes":..,"latency_ms":{..}}
//     GET  *       an empty query result, so that a client that asks for what was stored finds
//     nothing
//
// push_counts.h says what the numbers are.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <snappy.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/unique_fd.h"
#include "tests/bench/push_counts.h"

namespace {

using bench::PushCounts;

std::optional<std::string> gunzip(std::string_view packed) {
    z_stream stream{};
    if (::inflateInit2(&stream, 15 + 32) != Z_OK) {
        return std::nullopt;
    }
    std::string out;
    std::array<char, 64U << 10U> chunk{};
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    int state = Z_OK;
    while (state == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
        stream.avail_out = static_cast<uInt>(chunk.size());
        state = ::inflate(&stream, Z_NO_FLUSH);
        out.append(chunk.data(), chunk.size() - stream.avail_out);
    }
    ::inflateEnd(&stream);
    return state == Z_STREAM_END ? std::optional(std::move(out)) : std::nullopt;
}

struct Request {
    std::string_view method;
    std::string_view target;
    std::string_view content_type;
    std::string_view content_encoding;
    std::string_view body;
    std::size_t bytes = 0;  ///< of the whole request
};

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// The body of "Transfer-Encoding: chunked" into `body`; bytes used, or nothing when it is not all
/// here.
std::optional<std::size_t> take_chunked(std::string_view rest, std::string& body) {
    std::size_t used = 0;
    body.clear();
    while (true) {
        const std::size_t line_end = rest.find("\r\n", used);
        if (line_end == std::string_view::npos) {
            return std::nullopt;
        }
        std::size_t size = 0;
        std::from_chars(rest.data() + used, rest.data() + line_end, size, 16);
        used = line_end + 2;
        if (rest.size() < used + size + 2) {
            return std::nullopt;
        }
        body.append(rest.substr(used, size));
        used += size + 2;
        if (size == 0) {
            return used;
        }
    }
}

/// The first request in `data`, if it is there in full. `body` backs a chunked one.
std::optional<Request> parse(std::string_view data, std::string& body) {
    const std::size_t head_end = data.find("\r\n\r\n");
    if (head_end == std::string_view::npos) {
        return std::nullopt;
    }
    Request request;
    const std::string_view head = data.substr(0, head_end + 2);
    const std::size_t method_end = head.find(' ');
    const std::size_t target_end = head.find(' ', method_end + 1);
    request.method = head.substr(0, method_end);
    request.target = head.substr(method_end + 1, target_end - method_end - 1);
    std::size_t length = 0;
    bool chunked = false;
    for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
        const std::size_t end = head.find("\r\n", at);
        const std::string_view line = head.substr(at, end - at);
        const std::size_t colon = std::min(line.find(':'), line.size() - 1);
        const std::string_view name = line.substr(0, colon);
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        if (same_name(name, "content-length")) {
            std::from_chars(value.data(), value.data() + value.size(), length);
        } else if (same_name(name, "content-type")) {
            request.content_type = value;
        } else if (same_name(name, "content-encoding")) {
            request.content_encoding = value;
        } else if (same_name(name, "transfer-encoding")) {
            chunked = value == "chunked";
        }
        at = end + 2;
    }
    const std::string_view rest = data.substr(head_end + 4);
    if (chunked) {
        const auto used = take_chunked(rest, body);
        if (!used) {
            return std::nullopt;
        }
        request.body = body;
        request.bytes = head_end + 4 + *used;
        return request;
    }
    if (rest.size() < length) {
        return std::nullopt;
    }
    request.body = rest.substr(0, length);
    request.bytes = head_end + 4 + length;
    return request;
}

std::string answer(int status, std::string_view body) {
    return "HTTP/1.1 " + std::to_string(status) +
           (status == 204 ? " No Content\r\n"
                          : " x\r\nContent-Type: application/json\r\nContent-Length: " +
                                std::to_string(body.size()) + "\r\n") +
           "\r\n" + std::string(body);
}

std::string serve_push(const Request& request, PushCounts& counts) {
    std::string_view body = request.body;
    std::string plain;
    if (request.content_encoding == "gzip") {
        auto unpacked = gunzip(body);
        if (!unpacked) {
            return answer(400, "damaged gzip");
        }
        plain = std::move(*unpacked);
        body = plain;
    }
    counts.arrived(request.body.size());
    if (request.target == "/v1/logs") {
        return counts.add_otlp(body) ? answer(200, "{}") : answer(400, "damaged OTLP");
    }
    if (request.content_type.starts_with("application/json")) {
        return counts.add_json(body) ? answer(204, "") : answer(400, "damaged JSON");
    }
    std::string message;
    if (!snappy::Uncompress(body.data(), body.size(), &message)) {
        return answer(400, "damaged snappy");
    }
    return counts.add_protobuf(message) ? answer(204, "") : answer(400, "damaged protobuf");
}

std::string serve(const Request& request, PushCounts& counts) {
    if (request.method == "POST") {
        return serve_push(request, counts);
    }
    return answer(200, request.target == "/stats"
                           ? counts.json()
                           : R"({"status":"success","data":{"resultType":"streams","result":[]}})");
}

void write_all(int fd, std::string_view data) {
    while (!data.empty()) {
        const ::ssize_t sent = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;  // the client's loss
        }
        data.remove_prefix(static_cast<std::size_t>(sent));
    }
}

struct Client {
    base::UniqueFd fd;
    std::string data;
};

/// False when the client has gone.
bool read_from(Client& client, PushCounts& counts) {
    std::array<char, 256U << 10U> chunk;
    const ::ssize_t got = ::recv(client.fd.get(), chunk.data(), chunk.size(), 0);
    if (got <= 0) {
        return false;
    }
    client.data.append(chunk.data(), static_cast<std::size_t>(got));
    std::string body;
    while (const auto request = parse(client.data, body)) {
        write_all(client.fd.get(), serve(*request, counts));
        client.data.erase(0, request->bytes);
    }
    return true;
}

base::UniqueFd listen_on_loopback(int& port) {
    base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd.get(), generic, size) != 0 || ::listen(fd.get(), 64) != 0 ||
        ::getsockname(fd.get(), generic, &size) != 0) {
        return {};
    }
    port = ntohs(address.sin_port);
    return fd;
}

}  // namespace

/// Prints the port that it listens on, and serves until it is killed.
int main() {
    int port = 0;
    const base::UniqueFd listener = listen_on_loopback(port);
    const base::UniqueFd poll(::epoll_create1(EPOLL_CLOEXEC));
    if (!listener.valid() || !poll.valid()) {
        std::perror("sink");
        return EXIT_FAILURE;
    }
    std::printf("%d\n", port);
    std::fflush(stdout);

    const auto watch = [&poll](int fd) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        return ::epoll_ctl(poll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
    };
    PushCounts counts;
    std::unordered_map<int, Client> clients;
    if (!watch(listener.get())) {
        std::perror("sink");
        return EXIT_FAILURE;
    }
    while (true) {
        std::array<epoll_event, 16> events{};
        const int ready = ::epoll_wait(poll.get(), events.data(), events.size(), -1);
        for (int i = 0; i < ready; ++i) {
            const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
            if (fd != listener.get()) {
                if (!read_from(clients.at(fd), counts)) {
                    clients.erase(fd);
                }
                continue;
            }
            base::UniqueFd accepted(::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC));
            if (accepted.valid() && watch(accepted.get())) {
                const int key = accepted.get();
                clients[key].fd = std::move(accepted);
            }
        }
    }
}
