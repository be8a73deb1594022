// SPDX-License-Identifier: MIT
#include "tailer/files/log_file_name.h"

#include "base/utf8.h"

namespace tailer {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool matches(std::string_view text, std::string_view shape) noexcept {
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool is_boundary_log_name(std::string_view name) noexcept {
    constexpr std::string_view kSuffix = ".log";
    return name.ends_with(kSuffix) &&
           pid_of_session(name.substr(0, name.size() - kSuffix.size())).has_value();
}

std::optional<std::int64_t> pid_of_session(std::string_view session) noexcept {
    constexpr std::string_view kShape = "boundary-0000-00-00_00-00-00-";
    constexpr std::size_t kLongestPid = 10;
    if (session.size() <= kShape.size() || session.size() > kShape.size() + kLongestPid ||
        !matches(session, kShape)) {
        return std::nullopt;
    }
    std::int64_t pid = 0;
    for (const char c : session.substr(kShape.size())) {
        if (!is_digit(c)) {
            return std::nullopt;
        }
        pid = 10 * pid + (c - '0');
    }
    return pid;
}

std::string_view without_compression_suffix(std::string_view name) noexcept {
    for (const std::string_view suffix : {".gz", ".zst"}) {
        if (name.ends_with(suffix)) {
            return name.substr(0, name.size() - suffix.size());
        }
    }
    return name;
}

std::string session_of(std::string_view path) {
    std::string_view name = path.substr(path.rfind('/') + 1);
    name = without_compression_suffix(name);
    if (name.ends_with(".log")) {
        name.remove_suffix(4);
    }
    std::string session;
    base::append_valid_utf8(session, name);
    return session;
}

}  // namespace tailer
