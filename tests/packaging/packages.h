// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace packaging {

/// What cpack made, by how its name ends; throws unless there is exactly one.
inline std::filesystem::path package(const std::string& suffix) {
    std::filesystem::path found;
    for (const auto& entry :
         std::filesystem::directory_iterator(BOUNDARY_LOKI_BUILD_DIR "/packages")) {
        if (entry.path().string().ends_with(suffix)) {
            if (!found.empty()) {
                throw std::runtime_error("two packages end in " + suffix);
            }
            found = entry.path();
        }
    }
    if (found.empty()) {
        throw std::runtime_error("cpack made nothing that ends in " + suffix);
    }
    return found;
}

}  // namespace packaging
