// SPDX-License-Identifier: MIT
#include "tailer/files/archive_kind.h"

#include <array>
#include <cstddef>

#include <unistd.h>

namespace tailer {
namespace {

using namespace std::string_view_literals;

struct Magic {
    std::string_view kind;
    std::size_t at;
    std::string_view bytes;
};

/// From the formats' own specifications, as file(1) has them.
constexpr std::array<Magic, 7> kMagic = {{{"gzip", 0, "\x1F\x8B"sv},
                                          {"zstd", 0, "\x28\xB5\x2F\xFD"sv},
                                          {"xz", 0,
                                           "\xFD"
                                           "7zXZ\0"sv},
                                          {"bzip2", 0, "BZh"sv},
                                          {"lz4", 0, "\x04\x22\x4D\x18"sv},
                                          {"zip", 0, "PK\x03\x04"sv},
                                          {"tar", 257, "ustar"sv}}};

}  // namespace

std::string_view archive_kind(int fd) {
    std::array<char, 512> head{};
    const ::ssize_t got = ::pread(fd, head.data(), head.size(), 0);
    const std::string_view text(head.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    for (const auto& [kind, at, bytes] : kMagic) {
        if (text.size() > at && text.substr(at).starts_with(bytes)) {
            return kind;
        }
    }
    return "";
}

}  // namespace tailer
