// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace test_support {

/// How long a test waits for what has to come, where nothing shorter is promised. Longer than the
/// daemon's own patience: up to 30 s pass between two tries, and a stream that fails goes to the
/// spool at the first try past 5 s, so after up to 35 s.
constexpr std::chrono::seconds kPatience{90};

}  // namespace test_support
