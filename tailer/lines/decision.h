// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/labels.h"

namespace tailer {

enum class Verdict : std::uint8_t { Allow, Deny };

/// Why a line that claims to be a verdict cannot be Boundary's: `level` is not the one that it logs
/// that verdict at, or the `keys` are not those that it writes, in its order.
inline constexpr std::string_view kSuspectReasons[] = {"level", "keys"};

/// One request that Boundary let pass or refused. Texts are as logged, unescaped: they may hold any
/// bytes, invalid UTF-8 included.
struct Decision {
    std::int64_t time_ns = 0;  ///< since the Unix epoch, as Boundary stamped it
    Verdict verdict = Verdict::Deny;
    std::string_view method;
    std::string_view url;   ///< before Boundary v0.5.2 only a path
    std::string_view host;  ///< the Host header, unvalidated; empty in coderd's form
    std::string_view rule;  ///< the allow rule that matched; empty on a deny
    /// What coderd's form of the line says of the workspace; empty otherwise.
    std::span<const base::LabelView> claims;
    std::string_view suspect = {};  ///< see kSuspectReasons; empty = nothing is wrong with it
    bool url_truncated = false;     ///< of an over-long line: what stands behind it is missing, too
};

/// Any other line of Boundary's own log.
struct Notice {
    std::int64_t time_ns = 0;
    std::string_view level;
    std::string_view message;
    std::span<const base::LabelView> fields;
    std::string_view suspect = {};  ///< of a verdict that is no decision; see kSuspectReasons
};

/// A line that is no record of a known form.
struct Unparsed {
    std::string_view reason;  ///< a constant, fit for a metric label
};

/// What one line holds. The views borrow from the line and from the parser that made it, until its
/// next call.
using ParsedLine = std::variant<Decision, Notice, Unparsed>;

}  // namespace tailer
