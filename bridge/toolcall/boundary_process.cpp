// SPDX-License-Identifier: MIT
#include "bridge/toolcall/boundary_process.h"

#include <array>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/toolcall/processes.h"
#include "bridge/toolcall/signal_sets.h"

namespace bridge::toolcall {
namespace {

struct Ends {
    base::UniqueFd ours;
    base::UniqueFd theirs;
};

Ends socket_pair() {
    std::array<int, 2> ends{-1, -1};
    ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data());
    return {base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
}

Ends pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return {};
    }
    return {base::UniqueFd(ends[1]), base::UniqueFd(ends[0])};
}

[[noreturn]] void become_boundary(Command& command, pid_t parent, int link, int words, int go) {
    constexpr unsigned kAboveStandard = 3;
    auto pointers = argument_vector(command);
    // Should we be killed, the jail does not outlive its call.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    char byte = 0;
    if (::getppid() != parent || ::read(go, &byte, 1) != 1) {
        ::_exit(kCannotRun);
    }
    ::dup2(link, STDIN_FILENO);
    ::dup2(words, STDOUT_FILENO);
    ::dup2(words, STDERR_FILENO);
    ::syscall(SYS_close_range, kAboveStandard, ~0U, CLOSE_RANGE_CLOEXEC);
    ::unsetenv("CHILD");  // or it takes itself for the one that is in the jail already
    restore({});
    ::execv(pointers.front(), pointers.data());
    const int code = errno;
    complain("cannot run " + command.front() + ": " + std::generic_category().message(code));
    ::_exit(kCannotRun);
}

}  // namespace

base::Result<BoundaryProcess> BoundaryProcess::start(Command command) {
    Ends link = socket_pair();
    Ends go = pipe();
    BoundaryWords words;
    if (!link.theirs.valid() || !go.theirs.valid() || words.writing_end() < 0) {
        return base::system_failure("cannot make", "a pipe");
    }
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        return base::system_failure("cannot start", command.front());
    }
    if (pid == 0) {
        go.ours.reset();
        become_boundary(command, parent, link.theirs.get(), words.writing_end(), go.theirs.get());
    }
    ::setpgid(pid, pid);
    words.close_writing_end();
    return BoundaryProcess(pid, Link(std::move(link.ours)), std::move(words), std::move(go.ours));
}

void BoundaryProcess::let_go() {
    // Where the pipe is broken it is dead, which shows.
    static_cast<void>(::write(go_.get(), "g", 1) == 1);
    go_.reset();
}

void BoundaryProcess::kill_group() const { ::kill(-pid_, SIGKILL); }

std::string BoundaryProcess::how_it_ended() const {
    const int status = wait_status_.value_or(0);
    return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                               : "status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace bridge::toolcall
