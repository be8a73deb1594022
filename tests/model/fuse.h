// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tests/support/fake_clock.h"

namespace model {

/// Thrown where the daemon dies: nothing behind that point happens.
struct Killed {};

/// A kill -9 that is on its way: it strikes at the n-th chance.
class Fuse {
public:
    void light(int chances) { left_ = chances; }
    void put_out() { left_ = 0; }
    void chance() {
        if (left_ > 0 && --left_ == 0) {
            throw Killed{};
        }
    }

private:
    int left_ = 0;
};

/// A clock that the daemon may not outlive a look at. Production code looks at it all over a step,
/// so a kill strikes between any two things that it does.
class MortalClock final : public base::Clock {
public:
    explicit MortalClock(Fuse& fuse) : fuse_(fuse) {}

    [[nodiscard]] base::SteadyTime steady() const override {
        fuse_.chance();
        return hands_.steady();
    }
    [[nodiscard]] std::int64_t wall_ns() const override {
        fuse_.chance();
        return hands_.wall_ns();
    }
    /// The clock itself, for those who do not die.
    [[nodiscard]] test_support::FakeClock& hands() { return hands_; }

private:
    Fuse& fuse_;
    test_support::FakeClock hands_;
};

}  // namespace model
