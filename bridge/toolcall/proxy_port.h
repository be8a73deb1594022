// SPDX-License-Identifier: MIT
#pragma once

#include "base/unique_fd.h"

namespace bridge::toolcall {

/// A TCP port for one Boundary's proxy.
struct ProxyPort {
    int number = 0;
    /// Calls in parallel would all find the same port free before any listens on it, so each holds
    /// a name for its own. Where somebody holds them all, it goes without.
    base::UniqueFd held;
};

/// One that nobody listens on, from 18100 to 19099: below those that the kernel gives to clients
/// (ip_local_port_range). When none is free, one that is not.
[[nodiscard]] ProxyPort take_port();

[[nodiscard]] bool is_free(int port);

}  // namespace bridge::toolcall
