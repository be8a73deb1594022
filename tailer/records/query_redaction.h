// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailer {

/// What becomes of the query of a URL before anything of it is pushed or stored.
enum class QueryPolicy : std::uint8_t {
    Redact,  ///< values that are, or look like, credentials become REDACTED
    Keep,
    Drop,  ///< the whole query goes
};

/// Appends `query` (without its `?`) with the value of each secret parameter replaced by REDACTED.
///
/// A parameter is secret when its name, percent-decoded and in lower case, holds a word such as
/// token, secret, password, signature or key, or when its value looks like a credential: a known
/// prefix (ghp_, sk-, AKIA, eyJ ...), a URL with userinfo, or a long run of mixed letters and
/// digits that is no UUID.
void append_redacted_query(std::string& out, std::string_view query);

}  // namespace tailer
