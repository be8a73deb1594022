// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace tailer {

/// What `fd` holds, when its first bytes say that it is no text: "gzip", "zstd", "xz", "bzip2",
/// "lz4", "zip" or "tar". Empty for all else, which a log may be. Leaves the file's position alone.
[[nodiscard]] std::string_view archive_kind(int fd);

}  // namespace tailer
