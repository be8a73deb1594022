// SPDX-License-Identifier: MIT
#include "bridge/toolcall/witness.h"

#include <array>
#include <csignal>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bridge::toolcall {
namespace {

/// It runs, or it does not: it has nothing else to do.
constexpr int kLongestAnswerMs = 1'000;

[[noreturn]] void keep_watch(int socket) {
    constexpr int kOwn = 3;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Whoever waits for the end of a pipe must not wait for us.
    ::dup2(socket, kOwn);
    ::syscall(SYS_close_range, 0, kOwn - 1, 0);
    ::syscall(SYS_close_range, kOwn + 1, ~0U, 0);
    const Link link{base::UniqueFd(kOwn)};
    while (const auto asked = link.receive()) {
        sigset_t one{};
        ::sigemptyset(&one);
        ::sigaddset(&one, asked->value);
        const timespec now{};
        const bool got = ::sigtimedwait(&one, nullptr, &now) == asked->value;
        link.send({Say::Signal, asked->value, got ? 1 : 0});
    }
    ::_exit(0);
}

std::array<base::UniqueFd, 2> pair() {
    std::array<int, 2> ends{-1, -1};
    ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data());
    return {base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
}

}  // namespace

Witness::Witness() : link_(base::UniqueFd()) {
    auto ends = pair();
    pid_ = ends[0].valid() ? ::fork() : -1;
    if (pid_ == 0) {
        keep_watch(ends[1].get());
    }
    link_ = Link(std::move(ends[0]));
}

Witness::~Witness() {
    link_ = Link(base::UniqueFd());
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);  // fails where somebody has reaped it
    }
}

bool Witness::group_got(int signal) const {
    pollfd answer{link_.descriptor(), POLLIN, 0};
    if (!link_.send({Say::Signal, signal, 0}) || ::poll(&answer, 1, kLongestAnswerMs) != 1) {
        return false;
    }
    const auto answered = link_.receive();
    return answered && answered->more == 1;
}

}  // namespace bridge::toolcall
