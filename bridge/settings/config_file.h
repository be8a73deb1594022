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

/// Reads a config file: one `name = value` a line, named like the flags without dashes. A value may
/// be in double quotes, `#` starts a comment line, and a repeatable setting may appear several
/// times. An Error names the file and the line.
[[nodiscard]] base::Result<std::vector<ConfigLine>> read_config_file(const std::string& path);

}  // namespace bridge
