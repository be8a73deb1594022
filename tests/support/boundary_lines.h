// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/rfc3339.h"

// Lines as Boundary writes them, each with its newline.

namespace test_support {

/// For the `time` of a line: an instant in RFC 3339.
[[nodiscard]] inline std::string stamp(std::int64_t time_ns) {
    std::string text;
    base::append_rfc3339_nano(text, time_ns);
    return text;
}

[[nodiscard]] inline std::string deny_line(std::string_view time,
                                           std::string_view url = "https://h.example/",
                                           std::string_view host = "h.example") {
    std::string line = "time=";
    line.append(time).append(" level=WARN msg=DENY method=GET url=").append(url);
    return line.append(" host=").append(host).append("\n");
}

[[nodiscard]] inline std::string allow_line(std::string_view time,
                                            std::string_view url = "https://h.example/",
                                            std::string_view host = "h.example",
                                            std::string_view rule = "domain=h.example") {
    std::string line = "time=";
    line.append(time).append(" level=INFO msg=ALLOW method=GET url=").append(url);
    return line.append(" host=").append(host).append(" rule=\"").append(rule).append("\"\n");
}

[[nodiscard]] inline std::string notice_line(std::string_view time, std::string_view message,
                                             std::string_view level = "INFO") {
    std::string line = "time=";
    return line.append(time).append(" level=").append(level).append(" msg=").append(message).append(
        "\n");
}

}  // namespace test_support
