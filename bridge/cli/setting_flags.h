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

/// Prints the message to stderr, and gives the exit status of wrong usage.
[[nodiscard]] int fail_usage(const std::string& message);

/// The settings' flags as given to one subcommand.
class SettingFlags {
public:
    /// All of them, or `only` these.
    void attach(CLI::App& command, const std::set<std::string_view>& only = {});

    [[nodiscard]] base::Result<SettingSources> sources() const;
    [[nodiscard]] base::Result<Settings> resolve(const SettingsWish& wish) const;
    /// Runs `command` with the settings, or says what is wrong with them. Gives the exit status.
    [[nodiscard]] int with(const SettingsWish& wish,
                           const std::function<ExitCode(const Settings&)>& command) const;

private:
    FlagValues values_;
    std::string config_file_;
};

}  // namespace bridge
