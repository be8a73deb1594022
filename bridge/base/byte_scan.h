// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace base {

/// Eight bytes of text at a time, for the loops that see every byte of every line.
namespace scan {

inline constexpr std::uint64_t kOnes = 0x0101010101010101;
inline constexpr std::uint64_t kHighs = 0x8080808080808080;

/// In each of these functions a byte's high bit tells of that byte. Exact up to and including the
/// first byte marked; behind it a carry may mark more.
constexpr std::uint64_t equal(std::uint64_t word, char c) {
    const std::uint64_t zeroed = word ^ (kOnes * static_cast<std::uint8_t>(c));
    return (zeroed - kOnes) & ~zeroed & kHighs;
}
/// `limit` is at most 0x80; bytes of 0x80 and more are not below it.
constexpr std::uint64_t below(std::uint64_t word, std::uint8_t limit) {
    return (word - kOnes * limit) & ~word & kHighs;
}
constexpr std::uint64_t not_ascii(std::uint64_t word) { return word & kHighs; }

}  // namespace scan

/// Length of the part of `text` in front of its first byte that `mark` marks: a function from eight
/// bytes to their marks, made of those in scan.
template <typename Mark>
[[nodiscard]] std::size_t length_before(std::string_view text, Mark mark) {
    static_assert(std::endian::native == std::endian::little, "the first byte must be the lowest");
    std::size_t at = 0;
    for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        if (const std::uint64_t marks = mark(word); marks != 0) {
            return at + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
        }
    }
    if (at < text.size()) {
        std::uint64_t word = 0;  // bytes that are not there may be marked, hence the minimum
        std::memcpy(&word, text.data() + at, text.size() - at);
        if (const std::uint64_t marks = mark(word); marks != 0) {
            const std::size_t found = at + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
            return found < text.size() ? found : text.size();
        }
    }
    return text.size();
}

}  // namespace base
