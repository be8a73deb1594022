// SPDX-License-Identifier: MIT
#pragma once

#include "base/unique_fd.h"

namespace bridge::toolcall {

/// A TCP port for one Boundary's proxy.
struct ProxyPort {
    int number = 0;
    /// Parallel calls would all find the same port free before any of them listens, so each
    /// reserves its port by a held name. If all names are taken, it does without.
    base::UniqueFd held;
};

/// A port that nobody listens on, from 18100 to 19099: below those that the kernel gives to clients
/// (ip_local_port_range). If none is free, one that is taken.
[[nodiscard]] ProxyPort take_port();

[[nodiscard]] bool is_free(int port);

}  // namespace bridge::toolcall
