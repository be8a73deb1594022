// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "tailer/records/redaction_rules.h"

/// What the words of kSecretWords say where they stand. All take decoded text (see PercentDecoded),
/// any bytes; all are pure functions.
namespace tailer {

/// A parameter's name that says that its value is secret.
[[nodiscard]] bool is_secret_name(std::string_view name) noexcept;

/// What a segment of a path says of those behind it.
[[nodiscard]] rules::Follows follows_segment(std::string_view segment) noexcept;

/// What a host says of all segments of its paths.
[[nodiscard]] rules::Follows follows_host(std::string_view host) noexcept;

/// Words such as `verify` and versions, which may stand between `token` and the token.
[[nodiscard]] bool is_verb(std::string_view segment) noexcept;

/// Words such as `blob`, behind the name of a project.
[[nodiscard]] bool is_project_word(std::string_view segment) noexcept;

}  // namespace tailer
