// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tailer {

/// A text without its percent escapes (RFC 3986 section 2.1), layer by layer: `%253F` is `%3F` is
/// `?`. Each byte knows where it stood in the text that came in, so that what is kept can be kept
/// as it was written. Also knows `%u003F`, as some servers read it, and code points that look like
/// ASCII and are folded into it, such as U+FF20. Not thread-safe.
class PercentDecoded {
public:
    /// Servers, proxies and libraries take off one layer each; more than that is hiding something.
    static constexpr int kLayers = 4;

    void assign(std::string_view raw);

    /// Borrows from this object, and from what assign() was given, until the next assign().
    [[nodiscard]] std::string_view text() const { return same_ ? raw_ : text_; }
    /// Of the bytes [begin, end) of text(), as they were written.
    [[nodiscard]] std::string_view raw(std::size_t begin, std::size_t end) const {
        return same_ ? raw_.substr(begin, end - begin)
                     : raw_.substr(at_[begin], at_[end] - at_[begin]);
    }
    /// Whether escapes are left below kLayers.
    [[nodiscard]] bool deeper() const { return deeper_; }

private:
    bool take_one_layer();
    void fold_look_alikes();

    std::string_view raw_;
    std::string text_;
    std::vector<std::uint32_t> at_;  ///< one more than text_: where each byte begins in raw_
    bool same_ = true;               ///< there is nothing to decode; text_ and at_ are unused
    bool deeper_ = false;
};

}  // namespace tailer
