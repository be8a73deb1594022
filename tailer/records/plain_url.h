// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

/// The quick look at a URL: nearly all of them hold nothing that could be a secret, and this says
/// so in some nanoseconds. Wrong on the safe side only: what is not plain is looked at closely by
/// UrlRedactor, and may well stay as it is.
namespace tailer {

/// A path, or a part of one, of short words in lower case and short numbers, with no segment that
/// looks like a word of kSecretWords or a token.
[[nodiscard]] bool is_plain_path(std::string_view path) noexcept;

/// A host and a port and nothing else.
[[nodiscard]] bool is_plain_authority(std::string_view authority) noexcept;

/// `10.0.0.1:8080` has a port; `joe:hunter2`, the start of a userinfo, has none.
[[nodiscard]] bool is_port(std::string_view text) noexcept;

}  // namespace tailer
