// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "bridge/settings/setting_sources.h"
#include "bridge/settings/settings.h"

namespace bridge {

/// One setting as it takes effect.
struct EffectiveSetting {
    std::string name;                 ///< as in option_specs(), or a secret's
    std::vector<std::string> values;  ///< none = not set; a secret is never among them
    std::string source;  ///< a flag, a variable, a line of a file, `default` or `not set`
};

/// Every setting of option_specs(), in that order, and the secrets, masked. `settings` must have
/// been resolved from `sources`.
[[nodiscard]] std::vector<EffectiveSetting> effective_settings(const SettingSources& sources,
                                                               const Settings& settings);

/// For people, one setting a line; for machines, one JSON object.
[[nodiscard]] std::string settings_text(const std::vector<EffectiveSetting>& settings);
[[nodiscard]] std::string settings_json(const std::vector<EffectiveSetting>& settings);

}  // namespace bridge
