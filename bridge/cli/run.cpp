// SPDX-License-Identifier: MIT
#include <chrono>
#include <iostream>
#include <optional>

#include "bridge/cli/setting_flags.h"
#include "bridge/cli/subcommand.h"
#include "bridge/console/log.h"
#include "bridge/daemon/run_command.h"
#include "bridge/process/hardening.h"
#include "bridge/process/inherited_secrets.h"
#include "bridge/process/signals.h"
#include "bridge/process/supervisor.h"
#include "exporter/loki/libcurl.h"

namespace bridge {
namespace {

class Run final : public Subcommand {
    void add_flags(CLI::App& app) override {
        CLI::Option* check =
            app.add_flag("--check", check_, "check the settings and exit; nothing is started");
        app.add_flag("--supervise", supervise_,
                     "run it in a child process, and start it again whenever it dies")
            ->excludes(check);
        app.add_option("--secrets-fd", secrets_fd_,
                       "read LOKI_BEARER_TOKEN=... and LOKI_PASSWORD=... from this descriptor, to "
                       "keep them out of the environment")
            ->check(CLI::NonNegativeNumber)
            ->type_name("N");
        settings_.attach(app);
    }
    int run() override {
        if (supervise_ || secrets_fd_) {
            // Before others are kept from looking in: start.sh takes that as the sign that all is
            // loaded and the files may go. Should it fail, each worker says so.
            static_cast<void>(exporter::libcurl());
            harden_process();
        }
        if (secrets_fd_) {
            if (const auto taken = take_secrets_from(*secrets_fd_); !taken) {
                return fail_usage(taken.error().message);
            }
        }
        if (!supervise_) {
            return once();
        }
        withstand_signals();
        const Log log(LogLevel::Info, LogFormat::Text);
        return static_cast<int>(
            supervise([this] { return static_cast<ExitCode>(once()); },
                      [&log](const std::string& how, std::chrono::milliseconds pause) {
                          log.warn("the daemon died; starting it again",
                                   {{"with", how}, {"in_ms", std::to_string(pause.count())}});
                      }));
    }
    [[nodiscard]] int once() const {
        return settings_.with({.push = true, .default_state = true}, [this](const Settings& all) {
            if (check_) {
                std::cout << "the settings are valid\n";
                return ExitCode::Done;
            }
            return run_command(all);
        });
    }

    SettingFlags settings_;
    bool check_ = false;
    bool supervise_ = false;
    std::optional<int> secrets_fd_;
};

}  // namespace

std::unique_ptr<Subcommand> make_run() { return std::make_unique<Run>(); }

}  // namespace bridge
