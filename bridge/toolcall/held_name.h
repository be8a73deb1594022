// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace bridge::toolcall {

/// Holds, for as long as the result lives, a name that only one process of this user can hold at a
/// time. It is an abstract UNIX socket (unix(7)): the kernel releases it however the holder ends,
/// and no file can get in its way. Nothing if somebody else has it.
[[nodiscard]] std::optional<base::UniqueFd> hold_name(const std::string& name);

}  // namespace bridge::toolcall
