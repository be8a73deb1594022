// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

/// A place to connect to or to listen on.
struct HostPort {
    std::string host;  ///< an IPv6 address without its brackets
    std::string port;
};

/// Of `HOST:PORT`, `[IPv6]:PORT`. An Error says what is wrong with one that can work nowhere: a
/// port that is none of 1 to 65535, a host that is neither an address nor a name.
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);

/// Whether this is an IPv4 address, or an IPv6 address without brackets.
[[nodiscard]] bool is_ip_address(std::string_view text);

/// Whether this is an IPv4 address, an IPv6 address without brackets, or may be a host's name. What
/// is made as an IPv4 address is, and is none, can be no name either.
[[nodiscard]] bool can_be_host(std::string_view text);

}  // namespace base
