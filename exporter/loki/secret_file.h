// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace exporter {

/// The first line of a file that holds a credential, without space around it. An Error for what is
/// no regular file, is empty, or holds a byte that no HTTP header may have; it never repeats any of
/// the content.
[[nodiscard]] base::Result<std::string> read_secret(const std::string& path);

/// Whether any user of the machine may read it.
[[nodiscard]] bool readable_by_others(const std::string& path);

/// Whether it may stand in an HTTP header: no control byte could end the header and begin another.
[[nodiscard]] bool fits_header(std::string_view text);

}  // namespace exporter
