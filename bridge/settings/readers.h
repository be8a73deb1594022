// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "bridge/settings/setting_sources.h"
#include "bridge/settings/settings.h"

// The parts of resolve_settings(): each checks its own group. An Error names the source of the bad
// value and what would be right.

namespace bridge {

/// Where Loki is, and the credentials for it.
[[nodiscard]] base::Result<void> read_loki(const SettingSources& sources, const SettingsWish& wish,
                                           Settings& settings);
/// Identity, labels, tools: what becomes of a record.
[[nodiscard]] base::Result<void> read_labels(const SettingSources& sources, Settings& settings);

}  // namespace bridge
