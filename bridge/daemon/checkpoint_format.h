// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <zlib.h>

// What the reader and the writer of a checkpoint must agree on; checkpoint.h describes the format.

namespace bridge::checkpoint_format {

inline constexpr std::int64_t kVersion = 4;
inline constexpr std::int64_t kOldestVersion = 2;  ///< the oldest that can still be read
inline constexpr std::int64_t kNamesSegments = 4;
inline constexpr std::string_view kWholeName = "boundary_loki_checkpoint";
inline constexpr std::string_view kChangesName = "changed";
inline constexpr std::string_view kChangesStart = "{\"changed\":";
inline constexpr std::string_view kEndName = "{\"crc32\":";

[[nodiscard]] inline std::uint32_t crc_of(std::string_view text, std::uint32_t before) {
    return static_cast<std::uint32_t>(
        ::crc32_z(before, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

/// The line that closes a group, given the checksum of all bytes before it.
[[nodiscard]] inline std::string end_line(std::uint32_t crc) {
    return std::string(kEndName) + std::to_string(crc) + "}\n";
}

}  // namespace bridge::checkpoint_format
