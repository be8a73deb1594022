// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace base {

/// Bytes to look for in a text, all in one go: the library's find_first_of() begins a search of
/// its own at each byte of the text.
class ByteSet {
public:
    constexpr explicit ByteSet(std::string_view bytes) {
        for (const char byte : bytes) {
            held_[static_cast<std::uint8_t>(byte)] = true;
        }
    }
    [[nodiscard]] constexpr bool holds(char byte) const {
        return held_[static_cast<std::uint8_t>(byte)];
    }
    /// Where the first of them stands; the size of `text` when there is none.
    [[nodiscard]] constexpr std::size_t first_in(std::string_view text) const {
        std::size_t at = 0;
        while (at < text.size() && !holds(text[at])) {
            ++at;
        }
        return at;
    }

private:
    std::array<bool, 256> held_{};
};

}  // namespace base
