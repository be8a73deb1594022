// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tailer {

/// Tells whether what was read of a file still stands there, now or in a later run: the CRC-32 of
/// the last bytes before `offset`. 0 = not known: at the start of a file, or when it cannot be
/// read.
[[nodiscard]] std::uint32_t fingerprint_before(int fd, std::uint64_t offset);

inline constexpr std::size_t kFingerprintBytes = 96;

/// The same of the kFingerprintBytes that stand before an offset, where they have been read.
[[nodiscard]] std::uint32_t fingerprint_of(std::string_view bytes);

}  // namespace tailer
