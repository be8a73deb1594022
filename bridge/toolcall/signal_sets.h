// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <cstdint>

namespace bridge::toolcall {

/// What a process does about signals, as its own program would find it: the first in bit 0.
struct Signals {
    std::uint64_t blocked = 0;
    std::uint64_t ignored = 0;
};

/// Those of this process.
[[nodiscard]] Signals signals_now();

/// Makes them so: what is not ignored gets its default.
void restore(const Signals& signals);

/// From here on signals wait to be taken from the descriptor that signal_descriptor() gives.
void block_signals();
[[nodiscard]] int signal_descriptor();

/// Ends or stops this process by a signal of its default action, as it would have ended the
/// command; no core is left of it. Returns once it is continued, or when the signal does neither.
void take(int signal);

}  // namespace bridge::toolcall
