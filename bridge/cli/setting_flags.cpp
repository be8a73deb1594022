// SPDX-License-Identifier: MIT
#include "bridge/cli/setting_flags.h"

#include <iostream>

#include "bridge/cli/help.h"
#include "bridge/process/environment.h"
#include "bridge/process/version.h"
#include "bridge/settings/option_specs.h"

namespace bridge {

int fail_usage(const std::string& message) {
    std::cerr << "boundary-loki: " << message << '\n';
    return static_cast<int>(ExitCode::Usage);
}

void SettingFlags::attach(CLI::App& command, const std::set<std::string_view>& only) {
    for (const auto& spec : option_specs()) {
        if (!only.empty() && !only.contains(spec.name)) {
            continue;
        }
        const std::string name(spec.name);
        std::string help(spec.help);
        if (!spec.environment.empty()) {
            help.append(" [").append(spec.environment).append("]");
        }
        CLI::Option* option = command.add_option("--" + name, values_[name], help)
                                  ->type_name(std::string(spec.value_name))
                                  ->expected(1)
                                  ->allow_extra_args(false)  // or it takes the PATHs behind it, too
                                  ->group(kSettingsGroup);
        // A repeated flag that takes one value: the last one counts, as is usual.
        option->multi_option_policy(spec.repeatable ? CLI::MultiOptionPolicy::TakeAll
                                                    : CLI::MultiOptionPolicy::TakeLast);
    }
    command
        .add_option("--config", config_file_,
                    "file with `name = value` lines, named as the flags without dashes")
        ->type_name("FILE")
        ->group(kSettingsGroup);
}

base::Result<SettingSources> SettingFlags::sources() const {
    return SettingSources::load(values_, process_environment(), config_file_);
}

base::Result<Settings> SettingFlags::resolve(const SettingsWish& wish) const {
    return resolve_settings(values_, process_environment(), config_file_, wish);
}

int SettingFlags::with(const SettingsWish& wish,
                       const std::function<ExitCode(const Settings&)>& command) const {
    auto settings = resolve(wish);
    if (!settings) {
        return fail_usage(settings.error().message);
    }
    settings->loki.user_agent = "boundary-loki/" + std::string(kVersion);
    return static_cast<int>(command(*settings));
}

}  // namespace bridge
