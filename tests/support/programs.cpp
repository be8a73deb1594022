// SPDX-License-Identifier: MIT
#include "tests/support/programs.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace test_support {
namespace {

std::string program(const char* variable, const std::string& stand_in) {
    const char* chosen = std::getenv(variable);
    if (chosen != nullptr && *chosen != '\0') {
        if (!std::filesystem::exists(chosen)) {
            throw std::runtime_error(std::string(variable) + ": no such program: " + chosen);
        }
        return chosen;
    }
    if (auto path = tool(stand_in)) {
        return *path;
    }
    throw std::runtime_error("no " + stand_in + ": run tests/tools/install.sh");
}

}  // namespace

std::optional<std::string> tool(const std::string& name) {
    std::string path = std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/build/tools/bin/" + name;
    return std::filesystem::exists(path) ? std::optional(std::move(path)) : std::nullopt;
}

std::optional<std::string> real_tool(const std::string& name) {
    const auto variable = [](const char* of) {
        const char* value = std::getenv(of);
        return std::string(value == nullptr ? "" : value);
    };
    std::istringstream folders(variable("BOUNDARY_LOKI_REAL_TOOLS") + ":" + variable("PATH"));
    for (std::string folder; std::getline(folders, folder, ':');) {
        const auto path = std::filesystem::path(folder) / name;
        if (!folder.empty() && std::filesystem::exists(path)) {
            return path.string();
        }
    }
    return std::nullopt;
}

std::string loki_program() { return program("BOUNDARY_LOKI_TEST_LOKI", "loki-stand-in"); }

std::string boundary_program() {
    return program("BOUNDARY_LOKI_TEST_BOUNDARY", "boundary-stand-in");
}

bool is_stand_in(const std::string& program) {
    return std::filesystem::path(program).filename().string().find("stand-in") != std::string::npos;
}

}  // namespace test_support
