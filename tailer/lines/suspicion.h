// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "base/labels.h"

namespace tailer {

/// What makes a slog record that says ALLOW or DENY suspect, by coder/boundary audit/log_auditor.go
/// (the same in every version): time, level, msg, method, url, host, and on an ALLOW the rule, in
/// that order. A later version may add keys behind these. Empty = nothing, and for other records.
[[nodiscard]] std::string_view suspicion_of(std::span<const base::LabelView> pairs,
                                            std::string_view level,
                                            std::string_view message) noexcept;

}  // namespace tailer
