// SPDX-License-Identifier: MIT
#include "bridge/cli/subcommands.h"

#include <chrono>
#include <functional>
#include <iostream>
#include <optional>
#include <set>
#include <utility>

#include <unistd.h>

#include "base/clock.h"
#include "bridge/console/log.h"
#include "bridge/daemon/run_command.h"
#include "bridge/doctor/doctor_command.h"
#include "bridge/process/exit_code.h"
#include "bridge/process/hardening.h"
#include "bridge/process/inherited_secrets.h"
#include "bridge/process/signals.h"
#include "bridge/process/supervisor.h"
#include "bridge/process/version.h"
#include "bridge/replay/replay_command.h"
#include "bridge/settings/effective_settings.h"
#include "bridge/settings/quantity.h"
#include "bridge/settings/settings.h"
#include "bridge/suggest/suggest_command.h"
#include "bridge/summary/summary_command.h"
#include "bridge/toolcall/handover.h"
#include "bridge/toolcall/hook.h"
#include "bridge/verify/verify_command.h"

namespace bridge {
namespace {

int fail_usage(const std::string& message) {
    std::cerr << "boundary-loki: " << message << '\n';
    return static_cast<int>(ExitCode::Usage);
}

constexpr const char* kBoundaryHelp =
    "Boundary's command, with arguments if need be [BOUNDARY_LOKI_BOUNDARY] (default: the first "
    "that is there of boundary, coder agent-firewall and coder boundary)";

/// The settings' flags as given to one subcommand.
class SettingFlags {
public:
    void attach(CLI::App& command, const std::set<std::string_view>& only = {}) {
        for (const auto& spec : option_specs()) {
            if (!only.empty() && !only.contains(spec.name)) {
                continue;
            }
            const std::string name(spec.name);
            std::string help(spec.help);
            if (!spec.environment.empty()) {
                help.append(" [").append(spec.environment).append("]");
            }
            CLI::Option* option =
                command.add_option("--" + name, values_[name], help)
                    ->type_name(std::string(spec.value_name))
                    ->expected(1)
                    ->allow_extra_args(false)  // or it takes the PATHs behind it, too
                    ->group("Settings");
            // A repeated flag that takes one value: the last one counts, as is usual.
            option->multi_option_policy(spec.repeatable ? CLI::MultiOptionPolicy::TakeAll
                                                        : CLI::MultiOptionPolicy::TakeLast);
        }
        command
            .add_option("--config", config_file_,
                        "file with `name = value` lines, named as the flags without dashes")
            ->type_name("FILE")
            ->group("Settings");
    }

    [[nodiscard]] base::Result<SettingSources> sources() const {
        return SettingSources::load(values_, process_environment(), config_file_);
    }
    [[nodiscard]] base::Result<Settings> resolve(const SettingsWish& wish) const {
        return resolve_settings(values_, process_environment(), config_file_, wish);
    }
    /// Runs `command` with the settings, or says what is wrong with them.
    [[nodiscard]] int with(const SettingsWish& wish,
                           const std::function<ExitCode(const Settings&)>& command) const {
        auto settings = resolve(wish);
        if (!settings) {
            return fail_usage(settings.error().message);
        }
        settings->loki.user_agent = "boundary-loki/" + std::string(kVersion);
        return static_cast<int>(command(*settings));
    }

private:
    FlagValues values_;
    std::string config_file_;
};

class Run final : public Subcommand {
    void add_flags(CLI::App& app) override {
        CLI::Option* check =
            app.add_flag("--check", check_, "check the settings and exit; nothing is started");
        app.add_flag("--supervise", supervise_,
                     "run it in a child process, and again whenever that ends of itself")
            ->excludes(check);
        app.add_option("--secrets-fd", secrets_fd_,
                       "read LOKI_BEARER_TOKEN=... and LOKI_PASSWORD=... from this descriptor, so "
                       "that they are in no environment")
            ->check(CLI::NonNegativeNumber)
            ->type_name("N");
        settings_.attach(app);
    }
    int run() override {
        if (supervise_ || secrets_fd_) {
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
                          log.warn("the daemon ended and is started again",
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

/// A span of time, as several commands take it.
class SpanFlags {
public:
    void attach(CLI::App& app, const std::string& since_help, const std::string& until_help) {
        const auto instant = [](const std::string& text) {
            return parse_instant(text, 0) ? ""
                                          : "want 2026-06-09T12:00:00Z, or an age such as 6h or 7d";
        };
        app.add_option("--since", since_, since_help)->check(instant);
        app.add_option("--until", until_, until_help)->check(instant);
    }
    void read(std::optional<std::int64_t>& since_ns, std::optional<std::int64_t>& until_ns) const {
        const std::int64_t now_ns = base::SystemClock().wall_ns();
        since_ns = parse_instant(since_, now_ns);
        until_ns = parse_instant(until_, now_ns);
    }

private:
    std::string since_;
    std::string until_;
};

class Summary final : public Subcommand {
    void add_flags(CLI::App& app) override {
        app.add_option("PATH", options_.paths, "log files and folders")->required();
        app.add_flag("--json", options_.json, "for machines");
        app.add_flag("--follow", options_.follow,
                     "show it anew as lines come, until SIGINT; into a pipe, whole each time");
        span_.attach(app, "count from this instant on, or so long before the start (6h, 7d)",
                     "count up to this instant, or so long before the start");
        app.add_option("--decision", options_.wish.decision, "count these decisions alone")
            ->check(CLI::IsMember({"allow", "deny"}));
        app.add_option("--domain", options_.wish.domain,
                       "count requests to this domain alone; *.example.com for all below it");
        app.add_option("--tool-call", options_.wish.tool_call,
                       "count requests of this tool call alone, by its id");
        app.add_option("--chat", options_.wish.chat,
                       "count requests of this chat alone: the agent's session, by its id");
        app.add_option("--tool", options_.wish.tool, "count requests of this tool alone");
        settings_.attach(app, {"journal-dir", "url-query", "log-level", "log-format"});
    }
    int run() override {
        span_.read(options_.wish.since_ns, options_.wish.until_ns);
        return settings_.with(
            {.push = false, .default_state = false, .default_journal = false},
            [this](const Settings& all) { return summary_command(all, options_); });
    }

    SettingFlags settings_;
    SummaryOptions options_;
    SpanFlags span_;
};

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

const std::set<std::string_view>& journal_flags() {
    static const std::set<std::string_view> names = {"journal-dir", "log-dir"};
    return names;
}

constexpr SettingsWish kJournalWish{.push = false, .default_state = false};

class ToolCallExecution final : public Subcommand {
    void add_flags(CLI::App& app) override {
        app.add_option("CMD", call_.command, "the command and its arguments, behind --")
            ->required();
        app.add_option("--boundary", call_.boundary, kBoundaryHelp);
        app.add_option("--tool", call_.tool, "the tool's name")->capture_default_str();
        app.add_flag("--fail-open", call_.fail_open,
                     "without Boundary, run the command all the same");
        settings_.attach(app, journal_flags());
    }
    int run() override {
        const auto settings = settings_.resolve(kJournalWish);
        if (!settings) {
            return fail_usage(settings.error().message);
        }
        call_.journal_dir = settings->journal_dir;
        return toolcall::hand_over(call_);
    }
    /// The command has its signals as we were given them.
    [[nodiscard]] bool becomes_another() const override { return true; }

    SettingFlags settings_;
    toolcall::ToolCall call_;
};

class ToolCallHook final : public Subcommand {
    void add_flags(CLI::App& app) override { settings_.attach(app, journal_flags()); }
    int run() override {
        if (const auto settings = settings_.resolve(kJournalWish)) {
            journal_hook(STDIN_FILENO, settings->journal_dir);
        }
        return 0;
    }
    /// 2 would tell Claude Code to block the tool call.
    [[nodiscard]] bool never_fails() const override { return true; }

    SettingFlags settings_;
};

}  // namespace

std::vector<NamedSubcommand> make_subcommands() {
    std::vector<NamedSubcommand> all;
    all.push_back({"", "run", "follow the log folders and push to Loki, until SIGTERM or SIGINT",
                   std::make_unique<Run>()});
    all.push_back({"", "replay", "push what is in files and folders, once, in time order",
                   std::make_unique<Replay>()});
    all.push_back(
        {"", "summary", "show what files and folders hold, offline", std::make_unique<Summary>()});
    all.push_back({"", "verify", "prove that Loki holds the whole trail, each decision once",
                   std::make_unique<Verify>()});
    all.push_back({"", "suggest", "print Boundary rules that would allow what was denied",
                   std::make_unique<Suggest>()});
    all.push_back({"", "doctor", "say why the dashboard reads zero", std::make_unique<Doctor>()});
    all.push_back({"", "config", "show the settings as they take effect, and where each stands",
                   std::make_unique<Config>()});
    all.push_back({"", "toolcall",
                   "journal the agent's tool calls, so that each request is laid to its call",
                   nullptr});
    all.push_back({"toolcall", "exec",
                   "run one tool call under Boundary, and exit with its status: exec [FLAGS] -- "
                   "CMD...",
                   std::make_unique<ToolCallExecution>()});
    all.push_back({"toolcall", "hook",
                   "journal the Claude Code hook event on stdin; never fails, prints nothing",
                   std::make_unique<ToolCallHook>()});
    return all;
}

}  // namespace bridge
