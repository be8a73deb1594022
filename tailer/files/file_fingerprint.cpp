// SPDX-License-Identifier: MIT
#include "tailer/files/file_fingerprint.h"

#include <algorithm>
#include <array>

#include <unistd.h>
#include <zlib.h>

namespace tailer {

std::uint32_t fingerprint_before(int fd, std::uint64_t offset) {
    std::array<char, kFingerprintBytes> bytes{};
    const std::size_t size = std::min<std::uint64_t>(bytes.size(), offset);
    const ::ssize_t got = ::pread(fd, bytes.data(), size, static_cast<::off_t>(offset - size));
    if (size == 0 || got < 0) {
        return 0;
    }
    return fingerprint_of({bytes.data(), static_cast<std::size_t>(got)});
}

std::uint32_t fingerprint_of(std::string_view bytes) {
    const auto sum =
        ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return std::max(static_cast<std::uint32_t>(sum), 1U);
}

}  // namespace tailer
