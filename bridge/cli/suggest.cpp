// SPDX-License-Identifier: MIT
#include "bridge/cli/setting_flags.h"
#include "bridge/cli/span_flags.h"
#include "bridge/cli/subcommand.h"
#include "bridge/suggest/suggest_command.h"

namespace bridge {
namespace {

class Suggest final : public Subcommand {
    void add_flags(CLI::App& app) override {
        app.add_option("PATH", options_.paths, "log files and folders")->required();
        app.add_flag("--json", options_.json, "for machines");
        span_.attach(app, "look from this instant on, or so long before the start (6h, 7d)",
                     "look up to this instant, or so long before the start");
        app.add_option("--min-count", options_.min_count, "leave out what was asked for less often")
            ->check(CLI::PositiveNumber)
            ->capture_default_str();
        app.add_option("--boundary-config", options_.boundary_config,
                       "Boundary's configuration: names rules of it that nothing used, and leaves "
                       "out what it allows already")
            ->type_name("FILE");
        settings_.attach(app, {"journal-dir", "log-level", "log-format"});
    }
    int run() override {
        span_.read(options_.since_ns, options_.until_ns);
        return settings_.with(
            {.push = false, .default_state = false, .default_journal = false},
            [this](const Settings& all) { return suggest_command(all, options_); });
    }

    SettingFlags settings_;
    SuggestOptions options_;
    SpanFlags span_;
};

}  // namespace

std::unique_ptr<Subcommand> make_suggest() { return std::make_unique<Suggest>(); }

}  // namespace bridge
