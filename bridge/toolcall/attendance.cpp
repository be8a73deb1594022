// SPDX-License-Identifier: MIT
#include "bridge/toolcall/attendance.h"

#include <array>
#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/toolcall/descriptors.h"
#include "bridge/toolcall/processes.h"
#include "bridge/toolcall/signal_sets.h"

namespace bridge::toolcall {
namespace {

/// For a Boundary to end after the command, and to start it after we were told to end.
constexpr std::chrono::seconds kPatience{2};

/// What ends a process that does nothing about it, and what a caller ends one with.
bool asks_for_the_end(int signal) {
    return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

}  // namespace

Attendance::Attendance(BoundaryProcess& boundary, const Witness& witness, FirstStart& first_start,
                       const Setup& setup, const std::vector<int>& inherited)
    : boundary_(boundary),
      witness_(witness),
      first_start_(first_start),
      setup_(setup),
      inherited_(inherited),
      signals_(signal_descriptor()) {}

Outcome Attendance::wait() {
    while (!boundary_.ended() || (!outcome_ && linked_)) {
        std::array<pollfd, 3> waits = {{{linked_ ? boundary_.link().descriptor() : -1, POLLIN, 0},
                                        {signals_.get(), POLLIN, 0},
                                        {boundary_.words().descriptor(), POLLIN, 0}}};
        int limit = -1;
        if (deadline_) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - Clock::now());
            limit = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
        }
        if (::poll(waits.data(), waits.size(), limit) < 0) {
            continue;
        }
        if (waits[2].revents != 0) {
            boundary_.words().take();
        }
        if (waits[0].revents != 0) {
            if (const auto message = boundary_.link().receive()) {
                heed(*message);
            } else {
                hear_no_more();
            }
        }
        if (waits[1].revents != 0) {
            take_signals();
        }
        check_deadline();
    }
    boundary_.words().take();
    if (outcome_) {
        return *outcome_;
    }
    return {runs_ ? Outcome::Kind::Lost : Outcome::Kind::NotRun,
            early_signals_.empty() ? 0 : early_signals_.front()};
}

void Attendance::heed(const Message& message) {
    switch (message.say) {
        case Say::Hello:
            first_start_.done();
            if (!boundary_.link().send_setup(setup_, inherited_)) {
                boundary_.kill_group();
            }
            break;
        case Say::Started:
            command_ = message.value;
            in_group_ = message.more == 1;
            start();
            break;
        case Say::Stopped:
            stop_with_it(message.value);
            break;
        case Say::Exited:
        case Say::Signalled:
            outcome_ = {
                message.say == Say::Exited ? Outcome::Kind::Exited : Outcome::Kind::Signalled,
                message.value};
            boundary_.link().send({Say::Heard});
            boundary_went_first_ = boundary_.ended();
            deadline_ = Clock::now() + kPatience;
            break;
        case Say::Go:
        case Say::Signal:
        case Say::Heard:
            break;  // nothing that is said to us
    }
}

void Attendance::start() {
    for (const int signal : early_signals_) {
        boundary_.link().send({Say::Signal, signal, 0});
    }
    early_signals_.clear();
    deadline_.reset();
    runs_ = true;
    let_go(inherited_);
    boundary_.link().send({Say::Go});
}

void Attendance::hear_no_more() {
    linked_ = false;
    if (runs_ && !outcome_) {
        // The inner side was killed with the command under it, by hand or by the command.
        outcome_ = {Outcome::Kind::Lost, 0};
        kill_descendants();
        boundary_.ended_with(SIGKILL);
    }
}

void Attendance::check_deadline() {
    if (deadline_ && Clock::now() >= *deadline_) {
        boundary_.kill_group();
        linked_ = false;
        deadline_.reset();
    }
}

void Attendance::take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == static_cast<::ssize_t>(sizeof info)) {
        take_signal(static_cast<int>(info.ssi_signo));
    }
}

void Attendance::take_signal(int signal) {
    if (signal == SIGCHLD) {
        reap();
        return;
    }
    if (outcome_) {
        return;  // the command has ended, as we do in a moment
    }
    if (!runs_) {
        early_signals_.push_back(signal);
        const bool ignored = ((setup_.ignored >> (signal - 1)) & 1U) != 0;
        if (asks_for_the_end(signal) && !ignored && !deadline_) {
            deadline_ = Clock::now() + kPatience;
        }
        return;
    }
    if (!in_group_ || !witness_.group_got(signal)) {
        boundary_.link().send({Say::Signal, signal, 0});
    }
}

void Attendance::reap() {
    int status = 0;
    for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0;
         pid = ::waitpid(-1, &status, WNOHANG)) {
        if (pid == boundary_.pid()) {
            boundary_.ended_with(status);
            // Whoever still has the link, and is not our inner side, is not waited for.
            if (!runs_ && !deadline_) {
                deadline_ = Clock::now() + kPatience;
            }
        }
    }
}

void Attendance::stop_with_it(int signal) const {
    // When all the group was stopped and continued, this comes too late.
    if (is_stopped(command_)) {
        take(signal);
    }
}

}  // namespace bridge::toolcall
