// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "tailer/records/public_names.h"

/// Runs of letters and digits, and whether people write such.
namespace tailer {

[[nodiscard]] constexpr bool is_alnum(char c) { return base::is_letter(c) || base::is_digit(c); }

/// All of `text`, which is not empty.
[[nodiscard]] inline bool all(std::string_view text, bool (*is)(char)) {
    return !text.empty() && std::ranges::all_of(text, is);
}

/// Whether `text` begins with `prefix`, both in any case.
[[nodiscard]] bool starts_with_folded(std::string_view text, std::string_view prefix);

/// Letters that could be a word, or several in CamelCase.
[[nodiscard]] bool is_word(std::string_view letters) noexcept;

/// Whether a run of letters and digits is none that people write.
[[nodiscard]] bool is_odd(std::string_view run) noexcept;

/// Calls `visit` with each run of letters and digits, and with UUIDs as such, until it says true.
template <typename Visit>
bool any_run(std::string_view text, Visit visit) {
    for (std::size_t at = 0; at < text.size();) {
        if (!is_alnum(text[at])) {
            ++at;
            continue;
        }
        constexpr std::size_t kUuid = 36;  // RFC 9562
        if (begins_with_uuid(text.substr(at))) {
            at += kUuid;
            continue;
        }
        std::size_t end = at + 1;
        while (end < text.size() && is_alnum(text[end])) {
            ++end;
        }
        if (visit(text.substr(at, end - at), at)) {
            return true;
        }
        at = end;
    }
    return false;
}

}  // namespace tailer
