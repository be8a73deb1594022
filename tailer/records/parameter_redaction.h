// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

/// What may stay of the parameters of a query or a path. All take decoded text (see
/// PercentDecoded), any bytes; all are pure functions.
namespace tailer {

/// Stands for what does not stay.
inline constexpr std::string_view kRedacted = "REDACTED";

/// What of a parameter may stay.
struct Parameter {
    bool name = false;
    bool value = false;
};

[[nodiscard]] Parameter judge_parameter(std::string_view name, std::string_view value) noexcept;

/// Whether a value without a name may stay.
[[nodiscard]] bool is_harmless_bare(std::string_view text) noexcept;

}  // namespace tailer
