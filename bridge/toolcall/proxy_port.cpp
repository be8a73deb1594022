// SPDX-License-Identifier: MIT
#include "bridge/toolcall/proxy_port.h"

#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/toolcall/held_name.h"

namespace bridge::toolcall {
namespace {

constexpr int kFirstPort = 18'100;
constexpr int kPorts = 1'000;

int port(int i) { return kFirstPort + (::getpid() + i) % kPorts; }

}  // namespace

bool is_free(int port) {
    const base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int reuse = 1;  // what is left of an earlier call's connections is no obstacle
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
           ::listen(fd.get(), 1) == 0;
}

ProxyPort take_port() {
    for (int i = 0; i < kPorts; ++i) {
        auto held = hold_name("port/" + std::to_string(port(i)));
        if (held && is_free(port(i))) {
            return {port(i), std::move(*held)};
        }
    }
    for (int i = 0; i < kPorts; ++i) {
        if (is_free(port(i))) {
            return {port(i), {}};
        }
    }
    return {port(0), {}};
}

}  // namespace bridge::toolcall
