// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "base/text.h"

namespace tailer {

/// Whether `word` is one of `list`.
[[nodiscard]] constexpr bool is_listed(std::span<const std::string_view> list,
                                       std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

/// The same in any case; `list` is in lower case.
[[nodiscard]] constexpr bool is_listed_folded(std::span<const std::string_view> list,
                                              std::string_view word) {
    return std::ranges::any_of(list, [word](std::string_view listed) {
        return std::ranges::equal(listed, word, {}, {}, [](char c) { return base::lower(c); });
    });
}

}  // namespace tailer
