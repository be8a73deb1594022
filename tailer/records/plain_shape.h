// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

/// What a piece of text looks like that is secret unless it is plain. All take decoded text (see
/// PercentDecoded), any bytes; all are pure functions.
namespace tailer {

/// Words of letters joined by `-`, `_`, `.`, short numbers
/// and versions.
[[nodiscard]] bool is_plain_name(std::string_view text) noexcept;

/// A value of a parameter that says nothing of anybody: a short number, a boolean, a version, a
/// date, a time, a span of time, a few short words in lower case, a registry's scope.
[[nodiscard]] bool is_harmless_value(std::string_view text) noexcept;

/// A parameter's name that may stay: it looks like a name.
[[nodiscard]] bool is_readable_name(std::string_view name) noexcept;

/// A method that is registered (rules::kMethods), in either case.
[[nodiscard]] bool is_method(std::string_view method) noexcept;

}  // namespace tailer
