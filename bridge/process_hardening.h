// SPDX-License-Identifier: MIT
#pragma once

namespace bridge {

/// For a process that holds credentials and reads what others wrote: no core dump, and no other
/// process of the user's may look into its memory (under /proc, by ptrace); no program that it
/// might start gains rights; what it creates is the user's alone. Refuses nothing and needs no
/// rights: what the kernel does not grant is left as it is.
///
/// Not for `toolcall exec`, which starts Boundary, and that may have to go through sudo.
void harden_process();

}  // namespace bridge
