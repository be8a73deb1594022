// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace bridge {

/// One setting's name, as a flag without its dashes and as a key of the config file.
struct OptionSpec {
    std::string_view name;
    std::string_view environment;  ///< empty = none
    std::string_view value_name;
    std::string_view help;
    bool repeatable = false;
};

/// All settings, in the order of the help.
[[nodiscard]] const std::vector<OptionSpec>& option_specs();

}  // namespace bridge
