// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace bridge {

struct ConfigLine {
    std::string name;
    std::string value;
    int line_number = 0;
};

/// Reads a config file: `name = value` a line, names as the flags without dashes, a value bare or
/// in double quotes, `#` starts a comment line, a repeatable setting may stand several times. An
/// Error names file and line.
[[nodiscard]] base::Result<std::vector<ConfigLine>> read_config_file(const std::string& path);

}  // namespace bridge
