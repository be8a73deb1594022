// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace bridge::toolcall {

constexpr int kCannotRun = 126;
constexpr int kNotFound = 127;
constexpr int kSignalled = 128;  ///< and the signal's number

/// For exec(3); borrows from `arguments`.
[[nodiscard]] std::vector<char*> argument_vector(std::vector<std::string>& arguments);

/// Becomes the command. Where that fails it says so on stderr and gives the status to exit with.
/// A bare `sh` is /bin/sh: on PATH may stand what stands in for it, which may have called us.
[[nodiscard]] int become(std::vector<std::string> command);

/// Writes one sentence to stderr.
void complain(const std::string& sentence);

/// Kills all that this process has started, and what they have, however it is named and grouped,
/// until nothing is left. The process must be a child subreaper (prctl(2)), so that nothing that
/// they leave behind escapes.
void kill_descendants();

/// Whether a process is stopped, by /proc.
[[nodiscard]] bool is_stopped(pid_t pid);

}  // namespace bridge::toolcall
