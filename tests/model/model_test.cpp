// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <iostream>
#include <string>

#include <gtest/gtest.h>

#include "tests/model/story.h"

namespace {

constexpr std::uint64_t kStories = 60;

// Files come, grow, move, shrink and go; Loki fails; the daemon is killed at any point or stopped.
// Once Loki is well again, every decision that could be read is there exactly once.
TEST(ModelTest, EveryDecisionArrivesOnceWhateverHappens) {
    // BOUNDARY_LOKI_SEED=17 tells one story step by step, BOUNDARY_LOKI_SEED=100-400 tries many.
    const char* chosen = std::getenv("BOUNDARY_LOKI_SEED");
    const std::string seeds = chosen == nullptr ? "1-" + std::to_string(kStories) : chosen;
    const std::size_t dash = seeds.find('-');
    const std::uint64_t first = std::stoull(seeds);
    const std::uint64_t last =
        dash == std::string::npos ? first : std::stoull(seeds.substr(dash + 1));
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        SCOPED_TRACE("BOUNDARY_LOKI_SEED=" + std::to_string(seed));
        model::Story story(seed, first == last);
        story.run();
        if (HasFailure()) {
            return;
        }
    }
}

}  // namespace
