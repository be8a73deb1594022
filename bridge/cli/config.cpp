// SPDX-License-Identifier: MIT
#include <iostream>

#include "bridge/cli/setting_flags.h"
#include "bridge/cli/subcommand.h"
#include "bridge/settings/effective_settings.h"

namespace bridge {
namespace {

class Config final : public Subcommand {
    void add_flags(CLI::App& app) override {
        app.add_flag("--json", json_, "for machines");
        settings_.attach(app);
    }
    int run() override {
        const auto sources = settings_.sources();
        if (!sources) {
            return fail_usage(sources.error().message);
        }
        const auto settings = resolve_settings(*sources, {.push = false, .show_push = true});
        if (!settings) {
            return fail_usage(settings.error().message);
        }
        const auto effective = effective_settings(*sources, *settings);
        std::cout << (json_ ? settings_json(effective) : settings_text(effective)) << std::flush;
        return static_cast<int>(ExitCode::Done);
    }

    SettingFlags settings_;
    bool json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_config() { return std::make_unique<Config>(); }

}  // namespace bridge
