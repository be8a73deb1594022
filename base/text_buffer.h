// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/byte_scan.h"

namespace base {

/// Copies `text` to `out`, behind which there is room for it, and gives the end of the copy.
/// Without a call where it is short, as most pieces of a line are.
inline char* copy_text(char* out, std::string_view text) {
    const auto copy_ends = [&](auto size) {  // two pieces that overlap
        std::memcpy(out, text.data(), size);
        std::memcpy(out + text.size() - size, text.data() + text.size() - size, size);
    };
    if (text.size() > 32) {
        std::memcpy(out, text.data(), text.size());
    } else if (text.size() >= 16) {
        copy_ends(std::integral_constant<std::size_t, 16>{});
    } else if (text.size() >= 8) {
        copy_ends(std::integral_constant<std::size_t, 8>{});
    } else if (text.size() >= 4) {
        copy_ends(std::integral_constant<std::size_t, 4>{});
    } else {
        for (std::size_t i = 0; i < text.size(); ++i) {
            out[i] = text[i];
        }
    }
    return out + text.size();
}

/// Text that is put together from many short pieces, line after line in the same memory. Each put
/// makes the room that it needs; a short piece is written without a call, which is where a string
/// spends its time.
class TextBuffer {
public:
    void clear() { size_ = 0; }
    [[nodiscard]] std::size_t size() const { return size_; }
    /// Borrows until the next put or clear().
    [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

    void put(char c) {
        make_room(1);
        data_[size_++] = c;
    }

    void put(std::string_view text) {
        make_room(text.size());
        copy_text(data_.get() + size_, text);
        size_ += text.size();
    }

    /// Puts the part of `text` in front of its first byte that `Mark` marks, as length_before()
    /// has it, and gives its length.
    template <auto Mark>
    std::size_t put_before(std::string_view text) {
        make_room(text.size());
        char* out = data_.get() + size_;
        std::size_t at = 0;
        for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
            const std::uint64_t word = scan::load(text.data() + at);
            std::memcpy(out + at, &word, sizeof word);
            if (const std::uint64_t marks = Mark(word); marks != 0) {
                at += scan::first(marks);
                size_ += at;
                return at;
            }
        }
        const std::uint64_t word = scan::load_few(text.substr(at));
        std::memcpy(out + at, &word, sizeof word);  // into the slack, at worst
        at += std::min(scan::first(Mark(word)), text.size() - at);
        size_ += at;
        return at;
    }

    /// Puts what `Map` makes of each byte: a function from eight bytes to eight.
    template <auto Map>
    void put_mapped(std::string_view text) {
        make_room(text.size());
        char* out = data_.get() + size_;
        size_ += text.size();
        while (text.size() >= sizeof(std::uint64_t)) {
            const std::uint64_t word = Map(scan::load(text.data()));
            std::memcpy(out, &word, sizeof word);
            out += sizeof word;
            text.remove_prefix(sizeof word);
        }
        const std::uint64_t word = Map(scan::load_few(text));
        std::memcpy(out, &word, sizeof word);  // into the slack, at worst
    }

private:
    static constexpr std::size_t kSlack = sizeof(std::uint64_t);

    void make_room(std::size_t bytes) {
        if (bytes + kSlack > capacity_ - size_) {
            grow(bytes);
        }
    }
    void grow(std::size_t bytes) {
        const std::size_t capacity = std::max(size_ + bytes + kSlack, 2 * capacity_);
        auto grown = std::make_unique_for_overwrite<char[]>(capacity);
        if (size_ > 0) {
            std::memcpy(grown.get(), data_.get(), size_);
        }
        data_ = std::move(grown);
        capacity_ = capacity;
    }

    std::unique_ptr<char[]> data_;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
};

}  // namespace base
