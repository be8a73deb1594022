// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bridge/console/terminal.h"
#include "bridge/summary/data.h"

namespace bridge {

/// The summary as a person reads it, no line wider than the style says.
[[nodiscard]] std::string summary_text(const SummaryData& data, const TextStyle& style);

}  // namespace bridge
