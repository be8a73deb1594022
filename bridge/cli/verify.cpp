// SPDX-License-Identifier: MIT
#include "bridge/cli/setting_flags.h"
#include "bridge/cli/span_flags.h"
#include "bridge/cli/subcommand.h"
#include "bridge/verify/verify_command.h"

namespace bridge {
namespace {

class Verify final : public Subcommand {
    void add_flags(CLI::App& app) override {
        app.add_option("PATH", options_.paths,
                       "the logs to hold against what Loki has; without, the numbers of the stored "
                       "decisions alone are judged");
        app.add_flag("--json", options_.json, "for machines");
        span_.attach(app,
                     "judge from this instant on, or so long before the start (default: all that "
                     "the logs hold; without logs 7d)",
                     "judge up to this instant, or so long before the start");
        app.add_option("--against-coderd", options_.against_coderd,
                       "selector of coderd's own log in the same Loki, such as "
                       "'{namespace=\"coder\"}': says what each of the two lacks")
            ->type_name("SELECTOR");
        settings_.attach(app);
    }
    int run() override {
        span_.read(options_.since_ns, options_.until_ns);
        if (options_.since_ns && options_.until_ns && *options_.since_ns >= *options_.until_ns) {
            return fail_usage("--since has to lie before --until");
        }
        if (!options_.against_coderd.empty() && !options_.paths.empty()) {
            return fail_usage("--against-coderd holds two logs in Loki together; give no PATH");
        }
        return settings_.with(
            {.push = true, .default_state = false, .default_journal = false},
            [this](const Settings& all) { return verify_command(all, options_); });
    }

    SettingFlags settings_;
    VerifyOptions options_;
    SpanFlags span_;
};

}  // namespace

std::unique_ptr<Subcommand> make_verify() { return std::make_unique<Verify>(); }

}  // namespace bridge
