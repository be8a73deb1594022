// SPDX-License-Identifier: MIT
#include "bridge/verify/keyed_hash.h"

#include <bit>
#include <cstddef>
#include <random>

namespace bridge::verify {
namespace {

struct SipState {
    std::uint64_t v0;
    std::uint64_t v1;
    std::uint64_t v2;
    std::uint64_t v3;

    void mix(int rounds) {
        for (int i = 0; i < rounds; ++i) {
            v0 += v1;
            v2 += v3;
            v1 = std::rotl(v1, 13) ^ v0;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 = std::rotl(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = std::rotl(v1, 17) ^ v2;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 = std::rotl(v2, 32);
        }
    }
};

std::uint64_t random_bits() {
    std::random_device source;
    return std::uint64_t{source()} << 32U | source();
}

}  // namespace

KeyedHash::KeyedHash() : KeyedHash(random_bits(), random_bits()) {}

std::uint64_t KeyedHash::of(std::string_view text) const {
    constexpr std::size_t kWord = 8;
    SipState state{low_ ^ 0x736f6d6570736575ULL, high_ ^ 0x646f72616e646f6dULL,
                   low_ ^ 0x6c7967656e657261ULL, high_ ^ 0x7465646279746573ULL};
    const auto take = [&state](std::uint64_t word) {
        state.v3 ^= word;
        state.mix(2);
        state.v0 ^= word;
    };
    const auto word_of = [](std::string_view bytes) {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            word |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << (kWord * i);
        }
        return word;
    };
    const std::uint64_t length = std::uint64_t{text.size() & 0xFFU} << 56U;
    for (; text.size() >= kWord; text.remove_prefix(kWord)) {
        take(word_of(text.substr(0, kWord)));
    }
    take(word_of(text) | length);
    state.v2 ^= 0xFFU;
    state.mix(4);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace bridge::verify
