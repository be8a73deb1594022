// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

/// What a piece of text looks like, by the tables of redaction_rules.h and token_prefixes.h. All
/// take decoded text (see PercentDecoded), any bytes; all are pure functions.
namespace tailer {

/// An issuer's prefix with enough behind it, at the front of `text`.
[[nodiscard]] bool begins_as_token(std::string_view text) noexcept;

/// For what is readable unless it looks like a secret: segments of a path, words of a text. That is
/// an issuer's token in it, the number of a payment card, groups as of a licence key, or long runs
/// of mixed letters and digits, of hexadecimal digits, or of letters that no word is made of; short
/// ones where they stand alone. A UUID does not count.
[[nodiscard]] bool looks_secret(std::string_view text) noexcept;

/// The same for a label of a host name: short ones are as random as machines' names are.
[[nodiscard]] bool is_secret_label(std::string_view label) noexcept;

/// Groups as of a licence key or a user code, ABCD-1234-EFGH and WDJB-MJHT, or as of a payment
/// card's number.
[[nodiscard]] bool is_grouped_secret(std::string_view text) noexcept;

}  // namespace tailer
