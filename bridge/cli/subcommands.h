// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/cli/subcommand.h"

namespace bridge {

/// Ends each command's help.
inline constexpr std::string_view kNotes =
    "A flag beats the environment variable in [brackets], which beats --config FILE.\n"
    "Exit status: 0 done, 1 failed or incomplete, 2 wrong usage or configuration.";

struct NamedSubcommand {
    std::string group;  ///< "toolcall" for `toolcall exec`; most have none
    std::string name;
    std::string help;
    std::unique_ptr<Subcommand> command;  ///< null for a group
};

/// All of them in the order of the help, a group before its members.
[[nodiscard]] std::vector<NamedSubcommand> make_subcommands();

}  // namespace bridge
