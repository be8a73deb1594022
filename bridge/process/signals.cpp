// SPDX-License-Identifier: MIT
#include "bridge/process/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>

namespace bridge {

void withstand_signals() {
    sigset_t awaited{};
    ::sigemptyset(&awaited);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD}) {
        ::sigaddset(&awaited, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    const auto ignored = [&ignore](int number) { ::sigaction(number, &ignore, nullptr); };
    // SIGXFSZ: a log of ours that is at its limit. SIGTTOU and SIGTTIN: a terminal in whose
    // background it runs.
    for (const int number : {SIGUSR2, SIGPIPE, SIGXFSZ, SIGXCPU, SIGTTOU, SIGTTIN, SIGALRM,
                             SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT}) {
        ignored(number);
    }
    for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
        ignored(number);
    }
}

BlockedSignals::BlockedSignals(std::initializer_list<int> numbers) {
    ::sigemptyset(&signals_);
    for (const int number : numbers) {
        ::sigaddset(&signals_, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

BlockedSignals::~BlockedSignals() { let_through(); }

void BlockedSignals::let_through() const { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

std::optional<int> BlockedSignals::wait(std::chrono::milliseconds limit) const {
    const auto whole = std::chrono::floor<std::chrono::seconds>(limit);
    timespec timeout{};
    timeout.tv_sec = whole.count();
    timeout.tv_nsec = std::chrono::nanoseconds(limit - whole).count();
    const int signal = ::sigtimedwait(&signals_, nullptr, &timeout);
    return signal > 0 ? std::optional(signal) : std::nullopt;
}

base::UniqueFd BlockedSignals::descriptor() const {
    return base::UniqueFd(::signalfd(-1, &signals_, SFD_NONBLOCK | SFD_CLOEXEC));
}

}  // namespace bridge
