// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace bridge::verify {

/// A hash with a key of this process' own, so that nobody can make up a line that passes for
/// another: SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF").
class KeyedHash {
public:
    /// With a key from the system's random numbers.
    KeyedHash();
    constexpr KeyedHash(std::uint64_t low, std::uint64_t high) : low_(low), high_(high) {}

    [[nodiscard]] std::uint64_t of(std::string_view text) const;

private:
    std::uint64_t low_;
    std::uint64_t high_;
};

}  // namespace bridge::verify
