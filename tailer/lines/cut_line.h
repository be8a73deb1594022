// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace tailer {

/// The head of an over-long line, made a whole one: the value in which it was cut is closed, and
/// the keys of a verdict that would stand behind it follow, without a value.
struct CompletedLine {
    std::string text;
    bool url_cut = false;  ///< the URL is not whole, or missing
};

/// Of the form that SlogTextParser reads.
[[nodiscard]] CompletedLine complete_text(std::string_view head);
/// Of one that SlogJsonParser reads.
[[nodiscard]] CompletedLine complete_json(std::string_view head);

/// What of a URL that was cut may be shown. A secret is told by its name or by its shape, so what
/// may be half of one is left out: the last piece of the URL, or all behind the scheme where the
/// authority itself is not whole.
[[nodiscard]] std::string_view without_torn_end(std::string_view url) noexcept;

}  // namespace tailer
