// SPDX-License-Identifier: MIT
#pragma once

namespace bridge::toolcall {

/// The inner side: Boundary starts it in its jail, in the place of the command. It starts the
/// command as the caller's side says, tells how it does, and when the caller is gone kills it and
/// all that it has started. Gives the status to exit with: 0 once it has told the command's end,
/// whatever that was, for Boundary makes an error of its own of any other.
[[nodiscard]] int run_inner();

}  // namespace bridge::toolcall
