// SPDX-License-Identifier: MIT
#include <string>

#include "bridge/cli/boundary_help.h"
#include "bridge/cli/setting_flags.h"
#include "bridge/cli/subcommand.h"
#include "bridge/doctor/doctor_command.h"
#include "bridge/settings/quantity.h"

namespace bridge {
namespace {

class Doctor final : public Subcommand {
    void add_flags(CLI::App& app) override {
        app.add_flag("--json", options_.json, "for machines");
        app.add_option("--dashboard", options_.dashboard,
                       "whose Request Totals count: boundary-loki, or one made for coderd's lines")
            ->check(CLI::IsMember({"boundary-loki", "coderd-json", "coderd-logfmt"}))
            ->capture_default_str();
        app.add_option("--range", range_,
                       "how far back it looks, such as 6h or 7d (default: as the dashboard opens)")
            ->check([](const std::string& text) {
                return parse_range(text) ? "" : "want a range such as 15m, 6h or 7d";
            });
        app.add_flag("--no-probe", no_probe_, "push nothing to Loki");
        app.add_option("--boundary", options_.boundary, kBoundaryHelp);
        app.add_option("--boundary-config", options_.boundary_config,
                       "Boundary's configuration (default: where Boundary looks, BOUNDARY_CONFIG "
                       "or ~/.config/coder_boundary/config.yaml)")
            ->type_name("FILE");
        app.add_option("--prometheus-url", options_.prometheus_url,
                       "a Prometheus that scrapes coderd, to check coderd's own panels as well")
            ->type_name("URL");
        settings_.attach(app);
    }
    int run() override {
        options_.probe = !no_probe_;
        if (!range_.empty()) {
            options_.range = parse_range(range_);
        }
        return settings_.with({.push = false, .show_push = true}, [this](const Settings& all) {
            return doctor_command(all, options_);
        });
    }

    SettingFlags settings_;
    DoctorOptions options_;
    std::string range_;
    bool no_probe_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_doctor() { return std::make_unique<Doctor>(); }

}  // namespace bridge
