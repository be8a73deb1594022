// SPDX-License-Identifier: MIT
#pragma once

namespace bridge {

/// Parses the command line, runs the command, and gives the process' exit status.
[[nodiscard]] int run_cli(int argc, char** argv);

}  // namespace bridge
