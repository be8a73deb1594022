// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/text.h"

namespace tailer {

/// Letters are the same in both cases; what words are joined with has a number of its own.
inline constexpr std::array<std::uint8_t, 256> kHintClasses = [] {
    std::array<std::uint8_t, 256> classes{};
    for (std::size_t byte = 0; byte < classes.size(); ++byte) {
        const char c = base::lower(static_cast<char>(byte));
        const bool joint = c == '-' || c == '_' || c == '.';
        classes[byte] = joint               ? std::uint8_t{0}
                        : base::is_lower(c) ? static_cast<std::uint8_t>(c - 'a' + 1)
                        : base::is_digit(c) ? static_cast<std::uint8_t>(27 + (c - '0') % 4)
                                            : std::uint8_t{31};
    }
    return classes;
}();

/// A set of three bytes in a row, which may hold some that were never added: what it does not hold
/// need not be looked for in a table.
class HintSet {
public:
    constexpr void add(char first, char second, char third) {
        const std::size_t at = index(first, second, third);
        bits_[at / kBits] |= std::uint64_t{1} << at % kBits;
    }
    /// The last three bytes of an ending; one of two, which is the least, counts behind any byte.
    constexpr void add_end(std::string_view end) {
        const std::size_t size = end.size();
        if (size > 2) {
            add(end[size - 3], end[size - 2], end[size - 1]);
            return;
        }
        for (std::size_t byte = 0; byte < kHintClasses.size(); ++byte) {
            add(static_cast<char>(byte), end[0], end[1]);
        }
    }
    /// `text` has three bytes.
    [[nodiscard]] constexpr bool holds(const char* text) const {
        const std::size_t at = index(text[0], text[1], text[2]);
        return (bits_[at / kBits] >> at % kBits & 1U) != 0;
    }
    /// Whether `text` may have one of the endings that were added.
    [[nodiscard]] constexpr bool holds_end_of(std::string_view text) const {
        const std::size_t size = text.size();
        if (size > 2) {
            return holds(text.data() + size - 3);
        }
        const std::array<char, 3> padded{'-', size < 2 ? '-' : text[0], size < 2 ? '-' : text[1]};
        return size == 2 && holds(padded.data());
    }
    constexpr HintSet operator|(const HintSet& other) const {
        HintSet both = *this;
        for (std::size_t i = 0; i < both.bits_.size(); ++i) {
            both.bits_[i] |= other.bits_[i];
        }
        return both;
    }

private:
    static constexpr std::size_t kBits = 64;
    static constexpr std::size_t index(char first, char second, char third) {
        const auto of = [](char c) {
            return std::size_t{kHintClasses[static_cast<std::uint8_t>(c)]};
        };
        return of(first) << 10U | of(second) << 5U | of(third);
    }
    std::array<std::uint64_t, 32 * 32 * 32 / kBits> bits_{};
};

}  // namespace tailer
