// SPDX-License-Identifier: MIT
#include "base/host.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <arpa/inet.h>

namespace base {
namespace {

bool is_address(int family, const std::string& text) {
    in6_addr address{};
    return ::inet_pton(family, text.c_str(), &address) == 1;
}

bool is_decimal(char c) { return c >= '0' && c <= '9'; }

bool is_label(std::string_view label) {
    const auto may_stand = [](char c) {
        return is_decimal(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_';
    };
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, may_stand);
}

}  // namespace

bool is_ip_address(std::string_view text) {
    const std::string copy(text);
    return is_address(AF_INET, copy) || is_address(AF_INET6, copy);
}

bool can_be_host(std::string_view text) {
    if (is_ip_address(text)) {
        return true;
    }
    if (text.ends_with('.')) {
        text.remove_suffix(1);
    }
    if (text.empty() || text.size() > 253) {
        return false;
    }
    while (true) {
        const std::size_t dot = text.find('.');
        const std::string_view label = text.substr(0, dot);
        if (!is_label(label)) {
            return false;
        }
        if (dot == std::string_view::npos) {
            // No top-level domain is a number (RFC 3696, 2), so it was to be an address.
            return !std::ranges::all_of(label, is_decimal);
        }
        text.remove_prefix(dot + 1);
    }
}

Result<HostPort> parse_host_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        return failure("want host:port");
    }
    HostPort parsed{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
    std::uint16_t number = 0;
    const char* end = parsed.port.data() + parsed.port.size();
    const auto [stop, code] = std::from_chars(parsed.port.data(), end, number);
    if (code != std::errc{} || stop != end || number == 0) {
        return failure("a port is a number from 1 to 65535");
    }
    const bool bracketed = parsed.host.starts_with('[') && parsed.host.ends_with(']');
    if (bracketed) {
        parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
    }
    if (!can_be_host(parsed.host) || bracketed != (parsed.host.find(':') != std::string::npos)) {
        return failure("the host is neither an address nor a name");
    }
    return parsed;
}

}  // namespace base
