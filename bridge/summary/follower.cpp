// SPDX-License-Identifier: MIT
#include "bridge/summary/follower.h"

#include <array>
#include <chrono>
#include <csignal>

#include <poll.h>

namespace bridge {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

/// Between two drawings: what is written within it is read and drawn together.
constexpr milliseconds kPace{500};

/// True when it is to end.
bool take_signals(const SummaryFollower& parts) {
    while (const auto signal = parts.signals.wait(milliseconds(0))) {
        if (*signal == SIGWINCH) {
            parts.output.forget_shown();
        } else if (*signal == SIGTSTP) {
            parts.output.leave();
            std::raise(SIGSTOP);  // as the blocked signal would have; goes on with SIGCONT
        } else {
            return true;
        }
    }
    return false;
}

/// Waits for a signal, for `log_fd` (-1 = none) and for the reader to go; true when it is to end.
bool wait_and_see(const SummaryFollower& parts, int signal_fd, int log_fd, milliseconds limit) {
    std::array<pollfd, 3> fds = {{{signal_fd, POLLIN, 0}, {parts.fd, 0, 0}, {log_fd, POLLIN, 0}}};
    static_cast<void>(::poll(fds.data(), fds.size(), static_cast<int>(limit.count())));
    return fds[1].revents != 0 || take_signals(parts);
}

}  // namespace

base::Result<void> follow_summary(const SummaryFollower& parts) {
    SummaryReader& reader = parts.reader;
    const base::UniqueFd signal_fd = parts.signals.descriptor();
    const milliseconds rescan_every = reader.rescan_every();
    auto scanned_at = SteadyClock::now();
    while (true) {
        const auto began = SteadyClock::now();
        const bool rescan = began - scanned_at >= rescan_every;
        if (rescan) {
            scanned_at = began;
            reader.rest();
        }
        reader.look(rescan);
        while (reader.has_more() && SteadyClock::now() - began < kPace) {
            static_cast<void>(reader.read());
        }
        parts.after_reading();
        if (parts.partial || !reader.has_more()) {
            const auto shown = parts.output.show(parts.text());
            if (!shown) {
                return tl::unexpected(shown.error());
            }
            if (!*shown) {
                return {};
            }
        }
        const milliseconds pause = reader.has_more() ? milliseconds(0) : kPace;
        if (wait_and_see(parts, signal_fd.get(), -1, pause) ||
            (!reader.has_more() && parts.output.is_shown() &&
             wait_and_see(parts, signal_fd.get(), reader.wait_fd(), rescan_every))) {
            return {};
        }
    }
}

}  // namespace bridge
