// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace bridge::doctor {

/// What a program prints on stdout. "" when it cannot be run, prints more than some KiB, or has not
/// closed its output within `limit` (it is killed then).
[[nodiscard]] std::string output_of(const std::vector<std::string>& arguments,
                                    std::chrono::milliseconds limit);

}  // namespace bridge::doctor
