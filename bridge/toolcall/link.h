// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/unique_fd.h"

// Between the two halves of a tool call: the caller's side, which the agent started, and the inner
// side, which Boundary started in its jail. They speak over a pair of UNIX sockets whose inner end
// is Boundary's stdin, the one way through: Go's os/exec passes the descriptors 0 to 2 and no
// other, a path could be taken by a neighbour, and a jail may have a network namespace of its own.

namespace bridge::toolcall {

enum class Say : std::int32_t {
    Hello,      ///< inner: here, and jailed
    Started,    ///< inner: the command's PID in `value`; `more` is 1 when it is in the group
    Go,         ///< caller: the command may become what it is
    Signal,     ///< caller: send it the signal `value`
    Heard,      ///< caller: how the command ended is known, and it is seen to
    Stopped,    ///< inner: by the signal `value`
    Exited,     ///< inner: with the status `value`
    Signalled,  ///< inner: it died of the signal `value`
};

struct Message {
    Say say = Say::Hello;
    std::int32_t value = 0;
    std::int32_t more = 0;
};

/// What the command is and what it starts with, as its caller has it.
struct Setup {
    pid_t group = 0;               ///< its process group
    std::uint64_t blocked = 0;     ///< signals, the first in bit 0
    std::uint64_t ignored = 0;     ///< likewise
    std::uint64_t most_files = 0;  ///< the soft RLIMIT_NOFILE; Go raises it
    std::vector<std::string> command;
    std::string id;                    ///< of the call, for its end, should the caller be killed
    std::string journal_dir;           ///< likewise
    std::optional<std::string> child;  ///< the caller's own CHILD, which Boundary uses for itself
};

/// A descriptor, and the number that the command has it under.
struct Passed {
    int number = -1;
    base::UniqueFd fd;
};

/// One end of the pair. Messages arrive whole and in order.
class Link {
public:
    explicit Link(base::UniqueFd end) : end_(std::move(end)) {}

    [[nodiscard]] int descriptor() const { return end_.get(); }
    /// False when the other end is gone.
    bool send(const Message& message) const;
    /// Waits for one; nothing when the other end is gone.
    [[nodiscard]] std::optional<Message> receive() const;

    /// The command and, under their own numbers, descriptors of this process. One that cannot be
    /// passed (an io_uring) is left out.
    [[nodiscard]] bool send_setup(const Setup& setup, const std::vector<int>& descriptors) const;
    struct Received {
        Setup setup;
        std::vector<Passed> descriptors;
    };
    /// Nothing when the other end is gone or it is no setup.
    [[nodiscard]] std::optional<Received> receive_setup() const;

private:
    base::UniqueFd end_;
};

}  // namespace bridge::toolcall
