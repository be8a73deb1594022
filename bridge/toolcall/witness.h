// SPDX-License-Identifier: MIT
#pragma once

#include "bridge/toolcall/link.h"

namespace bridge::toolcall {

/// Tells a signal for the whole process group, which the command has had already, from one for this
/// process alone, which is to be passed on: a signal does not say. A child in the same group keeps
/// what reaches it, and is asked. The kernel serves a group's members in the reverse order of their
/// joining (kernel/pid.c attach_pid adds at the head), so what has come to us is with the witness.
class Witness {
public:
    /// Signals are blocked (block_signals()) before.
    Witness();
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;
    ~Witness();

    /// Whether the group got this signal, which has just come to us. Without an answer it did not.
    [[nodiscard]] bool group_got(int signal) const;

private:
    pid_t pid_ = -1;
    Link link_;
};

}  // namespace bridge::toolcall
