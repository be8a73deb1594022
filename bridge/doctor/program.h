// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bridge/process/environment.h"

namespace bridge::doctor {

/// Where `name` is: itself when it holds a slash, else the first executable file on PATH.
[[nodiscard]] std::optional<std::string> find_program(const std::string& name,
                                                      const Environment& environment);

/// What a program prints on stdout. "" when it cannot be run, prints more than some KiB, or has not
/// closed its output within `limit` (it is killed then).
[[nodiscard]] std::string output_of(const std::vector<std::string>& arguments,
                                    std::chrono::milliseconds limit);

}  // namespace bridge::doctor
