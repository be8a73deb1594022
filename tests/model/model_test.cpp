// SPDX-License-Identifier: MIT
#include <array>
#include <cstdlib>
#include <iostream>
#include <string>

#include <gtest/gtest.h>

#include "tests/model/story.h"

namespace {

constexpr std::uint64_t kStories = 60;
/// Each broke a promise once.
constexpr std::array<std::uint64_t, 10> kHard = {54'339,    54'653,    82'727,    7'000'027,
                                                 7'000'101, 8'000'174, 8'002'849, 8'026'463,
                                                 8'028'258, 95'399'381};

void run_story(std::uint64_t seed, bool tell, bool accidents = true) {
    SCOPED_TRACE("BOUNDARY_LOKI_SEED=" + std::to_string(seed));
    model::Story story(seed, tell, accidents);
    story.run();
}

// Files come, grow, move, shrink, go and come back; Loki fails; segments of the spool are damaged
// or removed; the daemon is killed at any point or stopped. Once Loki is well again, every decision
// that could be read is there exactly once.
TEST(ModelTest, EveryDecisionArrivesOnceWhateverHappens) {
    // BOUNDARY_LOKI_SEED=17 tells one story step by step, BOUNDARY_LOKI_SEED=100-400 tries many.
    const char* chosen = std::getenv("BOUNDARY_LOKI_SEED");
    const std::string seeds = chosen == nullptr ? "1-" + std::to_string(kStories) : chosen;
    const std::size_t dash = seeds.find('-');
    const std::uint64_t first = std::stoull(seeds);
    const std::uint64_t last =
        dash == std::string::npos ? first : std::stoull(seeds.substr(dash + 1));
    for (std::uint64_t seed = first; seed <= last && !HasFailure(); ++seed) {
        run_story(seed, first == last);
    }
    for (std::size_t i = 0; chosen == nullptr && i < kHard.size() && !HasFailure(); ++i) {
        run_story(kHard.at(i), false, false);
    }
}

}  // namespace
