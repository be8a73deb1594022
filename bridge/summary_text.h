// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bridge/summary_data.h"
#include "bridge/summary_terminal.h"

namespace bridge {

/// The summary as a person reads it, no line wider than the style says.
[[nodiscard]] std::string summary_text(const SummaryData& data, const TextStyle& style);

}  // namespace bridge
