// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace bridge {

/// For a process that holds credentials and reads what others wrote: no core dump, and no other
/// process of the user's may look into its memory (under /proc, by ptrace); no program that it
/// might start gains rights; what it creates is the user's alone. Refuses nothing and needs no
/// rights: what the kernel does not grant is left as it is.
///
/// Not for `toolcall exec`, which starts Boundary, and that may have to go through sudo.
void harden_process();

/// From here on the calling thread, and every thread that it starts, makes, writes and removes
/// files below `folder` alone and starts no program, whatever a hostile line might make of the
/// process. By Landlock (landlock(7)), which needs no rights. What it does not cover: files that
/// are open already; modes, owners and times of files; before Linux 6.2, truncate(2).
///
/// False where the kernel lacks Landlock or has it switched off; nothing is changed then. Call
/// harden_process() first, for Landlock wants no_new_privs, and before any thread is started.
[[nodiscard]] bool confine_to(const std::string& folder);

}  // namespace bridge
