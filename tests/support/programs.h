// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace test_support {

/// A program that tests/tools/install.sh or tests/packages.sh put into build/tools/bin, or nothing.
[[nodiscard]] std::optional<std::string> tool(const std::string& name);

/// A real program in the folder that BOUNDARY_LOKI_REAL_TOOLS names, else on PATH, or nothing.
[[nodiscard]] std::optional<std::string> real_tool(const std::string& name);

/// The Loki that this run tests against: BOUNDARY_LOKI_TEST_LOKI, else the stand-in. CMake sets the
/// variable for each real one that it finds. Throws when the program is not there.
[[nodiscard]] std::string loki_program();

/// Likewise the Boundary: BOUNDARY_LOKI_TEST_BOUNDARY, else the stand-in for v0.9.0.
[[nodiscard]] std::string boundary_program();

/// Whether a program is one of our stand-ins.
[[nodiscard]] bool is_stand_in(const std::string& program);

}  // namespace test_support
