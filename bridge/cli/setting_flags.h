// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "bridge/process/exit_code.h"
#include "bridge/settings/setting_sources.h"
#include "bridge/settings/settings.h"

namespace bridge {

/// Prints `message` to stderr and returns the exit status for wrong usage.
[[nodiscard]] int fail_usage(const std::string& message);

/// The flags that set settings, as given to one subcommand.
class SettingFlags {
public:
    /// Adds all of them to `command`, or `only` these.
    void attach(CLI::App& command, const std::set<std::string_view>& only = {});

    [[nodiscard]] base::Result<SettingSources> sources() const;
    [[nodiscard]] base::Result<Settings> resolve(const SettingsWish& wish) const;
    /// Runs `command` with the settings, or prints what is wrong with them. Returns the exit
    /// status.
    [[nodiscard]] int with(const SettingsWish& wish,
                           const std::function<ExitCode(const Settings&)>& command) const;

private:
    FlagValues values_;
    std::string config_file_;
};

}  // namespace bridge
