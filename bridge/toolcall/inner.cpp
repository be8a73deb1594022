// SPDX-License-Identifier: MIT
#include "bridge/toolcall/inner.h"

#include <array>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bridge/toolcall/descriptors.h"
#include "bridge/toolcall/processes.h"
#include "bridge/toolcall/signal_sets.h"
#include "tailer/toolcalls/toolcall_record.h"

namespace bridge::toolcall {
namespace {

/// Boundary tells its own child from the parent by it, and leaves it to the command.
constexpr const char* kChildVariable = "CHILD";

bool is_link(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

/// Off the command's stdin, out of the way of its descriptors, and not for it to inherit.
Link link_on_stdin() {
    constexpr int kAboveStandard = 3;
    base::UniqueFd end(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, kAboveStandard));
    const base::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ::dup2(null.get(), STDIN_FILENO);
    return Link(std::move(end));
}

/// In the command's process, which waits for a byte on `go` until its caller is ready.
[[noreturn]] void become_the_command(const Link::Received& received, int go) {
    const Setup& setup = received.setup;
    char byte = 0;
    if (::read(go, &byte, 1) != 1) {
        ::_exit(kCannotRun);
    }
    if (setup.child) {
        ::setenv(kChildVariable, setup.child->c_str(), 1);
    } else {
        ::unsetenv(kChildVariable);
    }
    if (!put_in_place(received.descriptors, setup.most_files)) {
        complain("this tool call's descriptors cannot be had in the jail");
        ::_exit(kCannotRun);
    }
    restore({setup.blocked, setup.ignored});
    ::_exit(become(setup.command));
}

/// The caller was killed, so nothing of the call may live on.
int end_all(const Setup& setup) {
    kill_descendants();
    static_cast<void>(tailer::append_toolcall(
        setup.journal_dir,
        tailer::ToolCallEnd{setup.id, base::SystemClock().wall_ns(), kSignalled + SIGKILL, {}}));
    return kCannotRun;
}

/// Reaps, and tells what there is to tell of the command. True once it has ended.
bool told_the_end(const Link& link, pid_t command) {
    siginfo_t child{};
    while (::waitid(P_ALL, 0, &child, WEXITED | WSTOPPED | WCONTINUED | WNOHANG) == 0 &&
           child.si_pid != 0) {
        const bool ours = child.si_pid == command;
        if (ours && child.si_code == CLD_EXITED) {
            link.send({Say::Exited, child.si_status, 0});
            return true;
        }
        if (ours && (child.si_code == CLD_KILLED || child.si_code == CLD_DUMPED)) {
            link.send({Say::Signalled, child.si_status, 0});
            return true;
        }
        if (ours && child.si_code == CLD_STOPPED) {
            link.send({Say::Stopped, child.si_status, 0});
        }
        child = {};
    }
    return false;
}

/// Until the caller has heard of the end it may be killed together with the command, which leaves
/// what the command has started to us.
int await_the_caller(const Link& link, const Setup& setup) {
    for (auto message = link.receive(); message; message = link.receive()) {
        if (message->say == Say::Heard) {
            return 0;
        }
    }
    return end_all(setup);
}

int attend(const Link& link, const Setup& setup, pid_t command, int signals) {
    while (true) {
        std::array<pollfd, 2> waits = {{{link.descriptor(), POLLIN, 0}, {signals, POLLIN, 0}}};
        if (::poll(waits.data(), waits.size(), -1) < 0) {
            continue;
        }
        if (waits[1].revents != 0) {
            // What else comes is not for us; each is taken, or poll() would not wait.
            std::array<char, 4'096> taken{};
            while (::read(signals, taken.data(), taken.size()) > 0) {
            }
            if (told_the_end(link, command)) {
                return await_the_caller(link, setup);
            }
        }
        if (waits[0].revents != 0) {
            const auto message = link.receive();
            if (!message) {
                return end_all(setup);
            }
            if (message->say == Say::Signal) {
                ::kill(command, message->value);
            }
        }
    }
}

}  // namespace

int run_inner() {
    if (!is_link(STDIN_FILENO)) {
        complain("`--inner` is for boundary-loki's own use; Boundary has to pass its stdin on");
        return kCannotRun;
    }
    block_signals();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const base::UniqueFd signals(signal_descriptor());
    const Link link = link_on_stdin();
    link.send({Say::Hello});
    auto received = link.receive_setup();
    std::array<int, 2> go{-1, -1};
    if (!received || !signals.valid() || ::pipe2(go.data(), O_CLOEXEC) != 0) {
        return kCannotRun;
    }
    base::UniqueFd go_read(go[0]);
    base::UniqueFd go_write(go[1]);
    const pid_t command = ::fork();
    if (command == 0) {
        go_write.reset();
        become_the_command(*received, go_read.get());
    }
    go_read.reset();
    received->descriptors.clear();
    const bool in_group = command > 0 && ::setpgid(command, received->setup.group) == 0;
    if (command < 0 || !link.send({Say::Started, command, in_group ? 1 : 0})) {
        return kCannotRun;
    }
    for (auto message = link.receive(); !message || message->say != Say::Go;
         message = link.receive()) {
        if (!message) {
            return end_all(received->setup);
        }
        ::kill(command, message->value);  // what came before it was there
    }
    if (::write(go_write.get(), "g", 1) != 1) {
        return end_all(received->setup);
    }
    go_write.reset();
    return attend(link, received->setup, command, signals.get());
}

}  // namespace bridge::toolcall
