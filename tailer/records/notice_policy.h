// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "tailer/lines/decision.h"

namespace tailer {

/// Which of Boundary's other lines leave the workspace.
enum class NoticePolicy : std::uint8_t {
    Trail,  ///< those that say something about the trail, with the values that the table keeps
    All,    ///< all, with all their text, redacted
    None,   ///< none: only what the daemon itself has to say
};

enum class NoticeKind : std::uint8_t {
    Lifecycle,  ///< it came and went: counted, not shipped
    Trail,      ///< it says something about the trail
    Unknown,    ///< not in the table: shipped without its values
};

/// One message of Boundary's, as its code has it.
struct KnownNotice {
    std::string_view message;
    NoticeKind kind = NoticeKind::Lifecycle;
    std::string_view keys;  ///< those whose values stay, parted by spaces
    std::string_view versions;
    /// An `error` that says `exit status N` is a command's, not Boundary's: then it is Lifecycle.
    bool unless_exit_status = false;
};

/// What the value of a key is, in whatever message; the rest is Text.
enum class ValueKind : std::uint8_t { Text, Number, Path, Error, Method, Url, Host, Rule };
[[nodiscard]] ValueKind value_kind(std::string_view key) noexcept;

/// As Boundary logs numbers: 3, 1.5, -1.
[[nodiscard]] bool is_plain_number(std::string_view text) noexcept;

/// The row of a message, or nothing. Messages are compared whole.
[[nodiscard]] const KnownNotice* find_known_notice(std::string_view message) noexcept;

/// What a notice is, by the table; a verdict that Boundary cannot have written is of the trail, and
/// what is logged at DEBUG is for Boundary's developers.
[[nodiscard]] NoticeKind kind_of(const Notice& notice) noexcept;

/// Whether Boundary says by it that its own audit forwarding dropped records.
[[nodiscard]] bool is_audit_drop(std::string_view message) noexcept;

/// Whether the value of `key` stays in a notice of the trail.
[[nodiscard]] bool keeps_value(const Notice& notice, std::string_view key) noexcept;

}  // namespace tailer
