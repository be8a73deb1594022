// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "bridge/toolcall/link.h"

namespace bridge::toolcall {

/// The descriptors that this process was started with. To be called before it opens any: what is
/// open then was inherited, and what it starts inherits it, too. Where 0, 1 or 2 is closed it is
/// opened on /dev/null, so that nothing of ours gets its number; it is not among the result.
[[nodiscard]] std::vector<int> inherited_descriptors();

/// Lets go of inherited descriptors: whoever waits for the other end of one to close waits for the
/// command alone. 0 to 2 become /dev/null.
void let_go(const std::vector<int>& descriptors);

/// Puts each under its number, in a process that is about to become another program, and lets no
/// other through, 0 to 2 included; the soft RLIMIT_NOFILE becomes `most_files`. False when the
/// kernel refuses one.
[[nodiscard]] bool put_in_place(const std::vector<Passed>& descriptors, std::uint64_t most_files);

}  // namespace bridge::toolcall
