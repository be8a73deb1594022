// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "bridge/base/result.h"

namespace base {

/// Replaces `path` in one step that survives a power cut: writes `<path>.tmp` (mode 0600), fsyncs
/// it, renames it over `path`, fsyncs the folder. On an Error the old content is untouched.
[[nodiscard]] Result<void> replace_durably(const std::string& path, std::string_view content);

/// The whole file. An Error with code ENOENT when there is none.
[[nodiscard]] Result<std::string> read_whole(const std::string& path);

/// Makes `path` and what leads to it, mode 0700; an existing folder is left as it is.
[[nodiscard]] Result<void> make_private_folder(const std::string& path);

}  // namespace base
