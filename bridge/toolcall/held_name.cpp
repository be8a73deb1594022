// SPDX-License-Identifier: MIT
#include "bridge/toolcall/held_name.h"

#include <algorithm>
#include <cstddef>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace bridge::toolcall {

std::optional<base::UniqueFd> hold_name(const std::string& name) {
    base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // The first byte stays 0, which makes it abstract.
    const std::string full = "boundary-loki/" + std::to_string(::geteuid()) + "/" + name;
    const std::size_t length = std::min(full.size(), sizeof address.sun_path - 1);
    std::copy_n(full.data(), length, address.sun_path + 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
    if (!fd.valid() || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
        return std::nullopt;
    }
    return fd;
}

}  // namespace bridge::toolcall
