// SPDX-License-Identifier: MIT
#include "bridge/console/log_limiter.h"

namespace bridge {

bool LogLimiter::admits(std::string_view message, base::SteadyTime now) {
    const std::scoped_lock lock(mutex_);
    const auto found = windows_.find(message);
    if (found == windows_.end()) {
        windows_.emplace(message, Window{now, 1});
        return true;
    }
    return ++found->second.seen <= kBurst;
}

std::vector<LogLimiter::Suppressed> LogLimiter::take_suppressed(base::SteadyTime now, bool all) {
    const std::scoped_lock lock(mutex_);
    std::vector<Suppressed> suppressed;
    std::erase_if(windows_, [&](const auto& entry) {
        const auto& [message, window] = entry;
        const bool over = all || now - window.began >= kWindow;
        if (over && window.seen > kBurst) {
            suppressed.push_back({message, window.seen - kBurst});
        }
        return over;
    });
    return suppressed;
}

}  // namespace bridge
