// SPDX-License-Identifier: MIT
#include "bridge/console/reminders.h"

namespace bridge {

void Reminders::note(std::string_view what, std::string_view reason, std::string_view detail,
                     std::uint64_t count) {
    if (count == 0) {
        return;
    }
    Topic& topic = topics_[{std::string(what), std::string(reason)}];
    topic.untold += count;
    topic.so_far += count;
    topic.detail = detail;
    any_untold_ = true;
}

std::vector<Reminders::Due> Reminders::take_due(base::SteadyTime now) {
    std::vector<Due> due;
    if (!any_untold_) {
        return due;
    }
    any_untold_ = false;
    for (auto& [kind, topic] : topics_) {
        if (topic.untold > 0 && now >= topic.next) {
            due.push_back({kind.first, kind.second, topic.detail, topic.untold, topic.so_far});
            topic.untold = 0;
            topic.next = now + kEvery;
        }
        any_untold_ = any_untold_ || topic.untold > 0;
    }
    return due;
}

}  // namespace bridge
