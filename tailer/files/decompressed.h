// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tailer {

/// A descriptor to read the log's own bytes from: `file` itself, or, when `name` ends in `.gz` or
/// `.zst`, an unnamed temporary file with the unpacked content. A damaged or cut archive is an
/// Error that names it, and so
/// is one of something that is packed again, such as a tar.
[[nodiscard]] base::Result<base::UniqueFd> decompressed(base::UniqueFd file, std::string_view name);

}  // namespace tailer
