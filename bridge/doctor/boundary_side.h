// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>

#include "bridge/process/environment.h"

namespace bridge::doctor {

/// A value of Boundary's own configuration, with where it stands.
struct BoundaryValue {
    std::string value;
    std::string source;
};

/// What can be seen of Boundary itself. Its flags cannot: they are on the command line of whatever
/// starts it.
struct BoundarySide {
    std::string program;            ///< path, and arguments if any; empty = not found
    std::array<int, 3> version{};   ///< all 0 = not known
    std::string config_file;        ///< empty = there is none
    std::string config_trouble;     ///< why it cannot be read
    bool config_asked_for = false;  ///< by flag or BOUNDARY_CONFIG
    std::optional<BoundaryValue> log_dir;
    std::optional<BoundaryValue> log_level;
    bool inside_jail = false;
    std::string journal_trouble;  ///< why tool calls cannot be journaled; empty = nothing is known

    [[nodiscard]] bool knows_version() const { return version != std::array<int, 3>{}; }
};

struct BoundaryWish {
    std::string program;      ///< see boundary_commands() (bridge/process/which_boundary.h)
    std::string config_file;  ///< empty = where Boundary itself looks
    std::string journal_dir;  ///< empty = do not look at it
};

/// Looks for Boundary's program, asks it for its version, and reads its configuration as Boundary
/// does: the environment beats the file (coder/boundary cli/cli.go).
[[nodiscard]] BoundarySide look_at_boundary(const BoundaryWish& wish,
                                            const Environment& environment);

/// The first X.Y.Z in a text; zeros when there is none.
[[nodiscard]] std::array<int, 3> version_in(const std::string& text);

}  // namespace bridge::doctor
