// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace bridge {

/// For what may come by the million: it is told the first time, and then once a minute at most,
/// with how often it has come since. Not thread-safe.
class Reminders {
public:
    static constexpr std::chrono::seconds kEvery{60};

    struct Due {
        std::string what;
        std::string reason;
        std::string detail;       ///< of the last time
        std::uint64_t count = 0;  ///< since it was told the last time
        std::uint64_t so_far = 0;
    };

    /// `what` and `reason` are texts of the program's own, so there are only so many.
    void note(std::string_view what, std::string_view reason, std::string_view detail = {},
              std::uint64_t count = 1);
    /// What is to be told now.
    [[nodiscard]] std::vector<Due> take_due(base::SteadyTime now);

private:
    struct Topic {
        std::string detail;
        std::uint64_t untold = 0;
        std::uint64_t so_far = 0;
        base::SteadyTime next{};
    };
    std::map<std::pair<std::string, std::string>, Topic> topics_;
    bool any_untold_ = false;
};

}  // namespace bridge
