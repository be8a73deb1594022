// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace bridge {

/// For a process that holds credentials and reads untrusted input: no core dumps, no access to its
/// memory for the user's other processes (through /proc or ptrace), no new privileges for programs
/// that it starts, and files that only the user can read. Needs no privileges and never fails: what
/// the kernel does not grant is left as it is.
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
