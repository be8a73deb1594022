// SPDX-License-Identifier: MIT
#include <string>

#include "bridge/cli/setting_flags.h"
#include "bridge/cli/subcommand.h"
#include "bridge/replay/replay_command.h"

namespace bridge {
namespace {

class Replay final : public Subcommand {
    void add_flags(CLI::App& app) override {
        app.add_option("PATH", options_.paths,
                       "log files (.gz and .zst, too), folders, and files of dead letters")
            ->required();
        app.add_option("--output", output_, "loki, or ndjson to print instead of pushing")
            ->check(CLI::IsMember({"loki", "ndjson"}))
            ->capture_default_str();
        app.add_flag("--dry-run", options_.dry_run,
                     "read all and give the account, but push nothing");
        settings_.attach(app);
    }
    int run() override {
        options_.ndjson = output_ == "ndjson";
        return settings_.with(
            {.push = !options_.ndjson && !options_.dry_run,
             .default_state = false,
             .default_journal = false},
            [this](const Settings& all) { return replay_command(all, options_); });
    }

    SettingFlags settings_;
    ReplayOptions options_;
    std::string output_ = "loki";
};

}  // namespace

std::unique_ptr<Subcommand> make_replay() { return std::make_unique<Replay>(); }

}  // namespace bridge
