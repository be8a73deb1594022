// SPDX-License-Identifier: MIT
#include "bridge/toolcall/signal_sets.h"

#include <array>

#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace bridge::toolcall {
namespace {

constexpr int kLastSignal = 64;

constexpr std::uint64_t bit(int signal) { return std::uint64_t{1} << (signal - 1); }

sigset_t all_signals() {
    sigset_t all{};
    ::sigfillset(&all);
    // A fault of our own must end us.
    for (const int fault : std::array{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) {
        ::sigdelset(&all, fault);
    }
    return all;
}

}  // namespace

Signals signals_now() {
    Signals now;
    sigset_t mask{};
    ::sigprocmask(SIG_SETMASK, nullptr, &mask);
    for (int signal = 1; signal <= kLastSignal; ++signal) {
        struct sigaction action {};
        if (::sigismember(&mask, signal) == 1) {
            now.blocked |= bit(signal);
        }
        if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
            now.ignored |= bit(signal);
        }
    }
    return now;
}

void restore(const Signals& signals) {
    sigset_t mask{};
    ::sigemptyset(&mask);
    for (int signal = 1; signal <= kLastSignal; ++signal) {
        struct sigaction action {};
        action.sa_handler = (signals.ignored & bit(signal)) != 0 ? SIG_IGN : SIG_DFL;
        ::sigaction(signal, &action, nullptr);  // fails for the two that nobody can ignore
        if ((signals.blocked & bit(signal)) != 0) {
            ::sigaddset(&mask, signal);
        }
    }
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
}

void block_signals() {
    ::signal(SIGCHLD, SIG_DFL);  // ignored, it would take the children's status away
    const sigset_t all = all_signals();
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

int signal_descriptor() {
    const sigset_t all = all_signals();
    return ::signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
}

void take(int signal) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::signal(signal, SIG_DFL);
    ::kill(::getpid(), signal);
    sigset_t one{};
    ::sigemptyset(&one);
    ::sigaddset(&one, signal);
    ::sigprocmask(SIG_UNBLOCK, &one, nullptr);
    ::sigprocmask(SIG_BLOCK, &one, nullptr);
}

}  // namespace bridge::toolcall
