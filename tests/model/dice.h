// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace model {

/// Random choices that a seed repeats on every platform (the standard distributions may differ).
class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}

    /// From `low` to `high`, both included.
    [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high) {
        const auto span = static_cast<std::uint64_t>(high - low) + 1;
        return low + static_cast<std::int64_t>(random_() % span);
    }
    [[nodiscard]] bool chance(int percent) { return between(1, 100) <= percent; }

    /// Text that does not compress.
    [[nodiscard]] std::string noise(std::size_t bytes) {
        std::string text(bytes, ' ');
        for (char& c : text) {
            c = "0123456789abcdef"[random_() % 16];
        }
        return text;
    }

private:
    std::mt19937_64 random_;
};

}  // namespace model
