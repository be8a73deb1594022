// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bridge/summary/data.h"

namespace bridge {

/// The summary as one JSON object on one line. Keys and lists have a fixed order; the text is pure
/// ASCII, so that it is safe on a terminal, too.
[[nodiscard]] std::string summary_json(const SummaryData& data);

}  // namespace bridge
