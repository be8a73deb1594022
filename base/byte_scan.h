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

static_assert(std::endian::native == std::endian::little, "the first byte must be the lowest");

inline constexpr std::uint64_t kOnes = 0x0101010101010101;
inline constexpr std::uint64_t kHighs = 0x8080808080808080;

/// The eight bytes at `at`.
inline std::uint64_t load(const char* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// Less than eight bytes, with zeros behind them.
inline std::uint64_t load_few(std::string_view text) {
    const auto byte = [text](std::size_t i) {
        return static_cast<std::uint64_t>(static_cast<std::uint8_t>(text[i])) << (8 * i);
    };
    const std::size_t size = text.size();
    if (size >= 4) {  // two halves that overlap
        std::uint32_t front = 0;
        std::uint32_t back = 0;
        std::memcpy(&front, text.data(), sizeof front);
        std::memcpy(&back, text.data() + size - sizeof back, sizeof back);
        return front | static_cast<std::uint64_t>(back) << (8 * (size - sizeof back));
    }
    return size == 0 ? 0 : byte(0) | byte(size / 2) | byte(size - 1);
}

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

/// Which byte is the first one marked; 8 = none.
constexpr std::size_t first(std::uint64_t marks) {
    return static_cast<std::size_t>(std::countr_zero(marks)) / 8;
}

/// A to Z as a to z, all else as it is.
constexpr std::uint64_t lower(std::uint64_t word) {
    // Each byte without its high bit, so that no sum carries into the next.
    const std::uint64_t low = word & ~kHighs;
    const std::uint64_t from_a = low + kOnes * (0x80 - 'A');
    const std::uint64_t past_z = low + kOnes * (0x80 - 'Z' - 1);
    const std::uint64_t letters = (from_a ^ past_z) & ~word & kHighs;
    return word | letters >> 2U;  // 0x80 >> 2 is what parts a from A
}

}  // namespace scan

/// Length of the part of `text` in front of its first byte that `Mark` marks: a function from eight
/// bytes to their marks, made of those in scan.
template <auto Mark>
[[nodiscard]] std::size_t length_before(std::string_view text) {
    std::size_t at = 0;
    for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
        if (const std::uint64_t marks = Mark(scan::load(text.data() + at)); marks != 0) {
            return at + scan::first(marks);
        }
    }
    const std::string_view rest = text.substr(at);
    const std::size_t found = scan::first(Mark(scan::load_few(rest)));
    return at +
           (found < rest.size() ? found : rest.size());  // bytes that are not there may be marked
}

}  // namespace base
