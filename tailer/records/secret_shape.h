// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "tailer/records/redaction_rules.h"

/// What a piece of text looks like, by the tables of redaction_rules.h. All take decoded text (see
/// PercentDecoded), any bytes; all are pure functions.
namespace tailer {

/// An issuer's prefix with enough behind it, at the front of `text`.
[[nodiscard]] bool begins_as_token(std::string_view text) noexcept;

/// For what is readable unless it looks like a secret: segments of a path, labels of a host. That
/// is an issuer's token in it, or long runs of mixed letters and digits, of hexadecimal digits, or
/// of letters that no word is made of. A UUID does not count.
[[nodiscard]] bool looks_secret(std::string_view text) noexcept;

/// For what is secret unless it is plain: words of letters joined by `-`, `_`, `.`, short numbers
/// and versions.
[[nodiscard]] bool is_plain_name(std::string_view text) noexcept;

/// A value of a parameter that says nothing of anybody: a short number, a boolean, a version, a
/// date, or a few short words in lower case.
[[nodiscard]] bool is_harmless_value(std::string_view text) noexcept;

/// A parameter's name that says that its value is secret.
[[nodiscard]] bool is_secret_name(std::string_view name) noexcept;

/// A parameter's name that may stay: it looks like a name.
[[nodiscard]] bool is_readable_name(std::string_view name) noexcept;

/// What a segment of a path says of those behind it.
[[nodiscard]] rules::Follows follows_segment(std::string_view segment) noexcept;

/// Words such as `verify` and versions, which may stand between `token` and the token.
[[nodiscard]] bool is_verb(std::string_view segment) noexcept;

/// Letters that could be a word, or several in CamelCase.
[[nodiscard]] bool is_word(std::string_view letters) noexcept;

}  // namespace tailer
