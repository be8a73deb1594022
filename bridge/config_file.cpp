// SPDX-License-Identifier: MIT
#include "bridge/config_file.h"

#include <sstream>
#include <string_view>

#include "bridge/base/durable_file.h"

namespace bridge {
namespace {

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

base::Result<std::vector<ConfigLine>> read_config_file(const std::string& path) {
    const auto content = base::read_whole(path);
    if (!content) {
        return base::failure("--config: " + content.error().message, content.error().code);
    }
    std::vector<ConfigLine> lines;
    std::istringstream stream(*content);
    std::string text;
    for (int number = 1; std::getline(stream, text); ++number) {
        const std::string_view line = trim(text);
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) {
            return base::failure(path + " line " + std::to_string(number) +
                                 ": expected `name = value`");
        }
        std::string_view value = trim(line.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        lines.push_back({std::string(trim(line.substr(0, equals))), std::string(value), number});
    }
    return lines;
}

}  // namespace bridge
