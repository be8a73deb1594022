// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace bridge::toolcall {

/// Holds a name that one process of this user can hold at a time, as long as the result lives: an
/// abstract UNIX socket (unix(7)), which the kernel takes back however the holder ends, and for
/// which no file can be put in the way. Nothing when somebody else has it.
[[nodiscard]] std::optional<base::UniqueFd> hold_name(const std::string& name);

}  // namespace bridge::toolcall
