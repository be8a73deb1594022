// SPDX-License-Identifier: MIT
#include "tailer/lines/boundary_session.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <unistd.h>

namespace tailer {
namespace {

/// Boundary's line has 115 bytes as text, 130 as JSON.
constexpr std::size_t kLongestFirstLine = 512;

/// As Go's google/uuid writes it, so that nothing else can come in by this way.
bool is_uuid(std::string_view text) {
    constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    return std::ranges::equal(text, kForm, [](char c, char form) {
        return form == '-' ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
}

}  // namespace

std::string boundary_session_of(int fd, LineParser& parser) {
    std::array<char, kLongestFirstLine + kJsonPadding> head{};
    const ::ssize_t got = ::pread(fd, head.data(), kLongestFirstLine, 0);
    std::string_view line(head.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    const std::size_t end = line.find('\n');
    if (end == std::string_view::npos) {
        return "";
    }
    line = line.substr(0, end);
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    const ParsedLine parsed = parser.parse(line);
    const auto* notice = std::get_if<Notice>(&parsed);
    if (notice == nullptr || notice->message != "boundary session started") {
        return "";
    }
    const auto id = std::ranges::find(notice->fields, "session_id", &base::LabelView::name);
    return id != notice->fields.end() && is_uuid(id->value) ? std::string(id->value) : "";
}

}  // namespace tailer
