// SPDX-License-Identifier: MIT
#include "bridge/settings/config_file.h"

#include <sstream>
#include <string_view>

#include "base/durable_file.h"
#include "base/text.h"

namespace bridge {

base::Result<std::vector<ConfigLine>> read_config_file(const std::string& path) {
    const auto content = base::read_whole(path);
    if (!content) {
        return base::failure("--config: " + content.error().message, content.error().code);
    }
    std::vector<ConfigLine> lines;
    std::istringstream stream(*content);
    std::string text;
    for (int number = 1; std::getline(stream, text); ++number) {
        const std::string_view line = base::trim(text);
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) {
            return base::failure(path + " line " + std::to_string(number) +
                                 ": expected `name = value`");
        }
        std::string_view value = base::trim(line.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        lines.push_back(
            {std::string(base::trim(line.substr(0, equals))), std::string(value), number});
    }
    return lines;
}

}  // namespace bridge
