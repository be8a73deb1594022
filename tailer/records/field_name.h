// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tailer {

/// A name of our own for a field of a line, which no format has to escape, with what stands around
/// it in JSON. Made by the compiler from a literal of up to 27 bytes.
class FieldName {
public:
    template <std::size_t Size>
    // NOLINTNEXTLINE(google-explicit-constructor, *-avoid-c-arrays): a literal is such a name
    consteval FieldName(const char (&name)[Size]) : size_(Size - 1 + kAround) {
        static_assert(Size - 1 + kAround <= kLongest);
        char* out = text_.data();
        *out++ = ',';
        *out++ = '"';
        for (std::size_t i = 0; i + 1 < Size; ++i) {
            const char c = name[i];
            if ((c < 'a' || c > 'z') && c != '_') {
                throw "a name of our own has small letters";  // an error of the compiler's
            }
            *out++ = c;
        }
        *out++ = '"';
        *out++ = ':';
    }

    /// `,"name":`
    [[nodiscard]] constexpr std::string_view json() const { return {text_.data(), size_}; }
    [[nodiscard]] constexpr std::string_view name() const {
        return json().substr(2, size_ - kAround);
    }

private:
    static constexpr std::size_t kAround = 4;
    static constexpr std::size_t kLongest = 31;
    std::array<char, kLongest> text_{};
    unsigned char size_;
};

}  // namespace tailer
