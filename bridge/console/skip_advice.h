// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tailer/files/skipped_files.h"

namespace bridge {

/// Why a file is not read, for people.
[[nodiscard]] std::string skip_cause(const tailer::SkippedFile& file);
/// What to do so that it is.
[[nodiscard]] std::string skip_advice(const tailer::SkippedFile& file);

}  // namespace bridge
