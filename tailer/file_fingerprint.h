// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include <unistd.h>

namespace tailer {

/// Tells whether what was read of a file still stands there: a hash of the last bytes before
/// `offset`. 0 = not known: at the start of a file, or when it cannot be read.
[[nodiscard]] inline std::uint64_t fingerprint_before(int fd, std::uint64_t offset) {
    std::array<char, 96> bytes{};
    const std::size_t size = std::min<std::uint64_t>(bytes.size(), offset);
    const ::ssize_t got = ::pread(fd, bytes.data(), size, static_cast<::off_t>(offset - size));
    if (size == 0 || got < 0) {
        return 0;
    }
    const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
    return std::hash<std::string_view>{}(text) | 1U;
}

}  // namespace tailer
