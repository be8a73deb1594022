// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

// Files and folders that this user alone may have made. Where others may write as well, something
// else may stand under their names. What is refused is neither read nor changed; the Error says
// what it is and has the code 0. Any other Error has the code of the system call that failed.

namespace base {

/// Makes `path` and what leads to it, mode 0700, unless it is there. Refuses one that another user
/// owns, or that a link of another user's leads to. From one that others may write to, that is
/// taken away.
[[nodiscard]] Result<void> make_own_folder(const std::string& path);

/// Opens a file, and never waits; `flags` as for open(2). With O_CREAT the mode is 0600. Refuses
/// links, what is no regular file, what another user owns, and what has a second name.
[[nodiscard]] Result<UniqueFd> open_own(const std::string& path, int flags);

/// The whole of such a file; an Error with the code EFBIG when it has more than `most` bytes.
[[nodiscard]] Result<std::string> read_own(const std::string& path, std::uint64_t most);

}  // namespace base
