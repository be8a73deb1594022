// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

/// What a word of a sentence looks like that is secret unless it is plain. All take any bytes; all
/// are pure functions.
namespace tailer {

/// 10.0.0.1:8080->10.0.0.2:53, 2001:db8::1, 12:00:01
[[nodiscard]] bool is_address(std::string_view word);

/// h.example:443, *.example
[[nodiscard]] bool is_host(std::string_view word);

[[nodiscard]] bool is_number(std::string_view word);

/// Letters, perhaps joined; or a short mix such as h2 and tls1.
[[nodiscard]] bool is_spoken(std::string_view word);

}  // namespace tailer
