// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "base/result.h"
#include "bridge/process/which_boundary.h"
#include "bridge/toolcall/boundary_words.h"
#include "bridge/toolcall/link.h"

namespace bridge::toolcall {

/// One Boundary that is to run our inner side: in a process group of its own, so that no signal for
/// the caller's group reaches it; stdin is the link's inner end, stdout and stderr are ours to
/// read. The kernel kills it when this process dies.
class BoundaryProcess {
public:
    /// Started, but waiting for let_go(). An Error if it cannot be started.
    [[nodiscard]] static base::Result<BoundaryProcess> start(Command command);

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] const Link& link() const { return link_; }
    [[nodiscard]] BoundaryWords& words() { return words_; }
    void let_go();
    /// Kills it and the rest of its group.
    void kill_group() const;
    /// What waitpid() gave for it.
    void ended_with(int wait_status) { wait_status_ = wait_status; }
    [[nodiscard]] bool ended() const { return wait_status_.has_value(); }
    /// "status 1" or "signal 9".
    [[nodiscard]] std::string how_it_ended() const;

private:
    BoundaryProcess(pid_t pid, Link link, BoundaryWords words, base::UniqueFd go)
        : pid_(pid), link_(std::move(link)), words_(std::move(words)), go_(std::move(go)) {}

    pid_t pid_ = -1;
    Link link_;
    BoundaryWords words_;
    base::UniqueFd go_;
    std::optional<int> wait_status_;
};

}  // namespace bridge::toolcall
