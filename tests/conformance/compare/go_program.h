// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tests/support/process.h"

namespace test_support {

/// Builds and runs the Go program in `folder` (below the repository).
inline RunResult run_go_program(const std::string& folder,
                                const std::vector<std::string>& arguments) {
    const std::string source = BOUNDARY_LOKI_SOURCE_DIR;
    constexpr auto kLimit = std::chrono::minutes(12);  // a first run fetches toolchain and modules
    RunResult found = run_command({"bash", source + "/tests/tools/go.sh"}, {}, kLimit);
    if (found.status != 0) {
        return found;
    }
    const std::string go = found.output.substr(0, found.output.find('\n'));
    std::vector<std::string> command = {go, "-C", source + "/" + folder, "run", "."};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_command(command, {{"GOTOOLCHAIN", "local"}, {"GOWORK", "off"}}, kLimit);
}

}  // namespace test_support
