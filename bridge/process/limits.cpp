// SPDX-License-Identifier: MIT
#include "bridge/process/limits.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>

#include <sys/resource.h>

namespace bridge {

std::string open_files_limit() {
    rlimit limit{};
    const bool known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return known ? std::to_string(limit.rlim_cur) : "none";
}

std::string memory_limit(const std::string& membership, const std::string& root) {
    std::ifstream lines(membership);
    std::string group;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("0::/")) {
            group = line.substr(3);
        }
    }
    std::optional<std::uint64_t> least;
    while (!group.empty()) {
        std::ifstream file(root + group + "/memory.max");
        if (std::uint64_t bytes = 0; file >> bytes) {  // not where it is "max"
            least = std::min(least.value_or(bytes), bytes);
        }
        group.resize(group == "/" ? 0 : std::max<std::size_t>(group.rfind('/'), 1));
    }
    return least ? std::to_string(*least) : "none";
}

}  // namespace bridge
