// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/text_buffer.h"

namespace base {

/// Length in bytes of the valid UTF-8 sequence at the front of `text` (1 to 4), or 0 when the front
/// is no valid sequence (stray or missing continuation, overlong, surrogate, beyond U+10FFFF).
/// `text` must not be empty.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text) noexcept;

/// The longest front part of `text` of at most `limit` bytes that does not end within a sequence.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t limit) noexcept;

[[nodiscard]] bool is_ascii(std::string_view text) noexcept;

/// Appends `text` with each invalid byte replaced by U+FFFD.
void append_valid_utf8(std::string& out, std::string_view text);

/// Appends `text` as a JSON string with its quotes. Only what JSON demands is escaped (`/`, `&`,
/// `<` and non-ASCII stay as they are); invalid UTF-8 becomes U+FFFD, so the result is valid UTF-8.
void append_json_string(std::string& out, std::string_view text);
/// The same into a buffer.
void put_json_string(TextBuffer& out, std::string_view text);

}  // namespace base
