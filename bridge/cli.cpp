// SPDX-License-Identifier: MIT
#include "bridge/cli.h"

#include <csignal>
#include <functional>
#include <iostream>
#include <list>
#include <set>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "bridge/base/clock.h"
#include "bridge/commands/commands.h"
#include "bridge/effective_settings.h"
#include "bridge/examples.h"
#include "bridge/manual.h"
#include "bridge/quantity.h"
#include "bridge/settings.h"
#include "bridge/toolcall_exec.h"
#include "bridge/toolcall_hook.h"
#include "bridge/version.h"

namespace bridge {
namespace {

/// The settings' flags as given to one subcommand.
struct SettingFlags {
    FlagValues values;
    std::string config_file;

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
                command.add_option("--" + name, values[name], help)
                    ->type_name(std::string(spec.value_name))
                    ->expected(1)
                    ->allow_extra_args(false)  // or it takes the PATHs behind it, too
                    ->group("Settings");
            // A repeated flag that takes one value: the last one counts, as is usual.
            option->multi_option_policy(spec.repeatable ? CLI::MultiOptionPolicy::TakeAll
                                                        : CLI::MultiOptionPolicy::TakeLast);
        }
        command
            .add_option("--config", config_file,
                        "file with `name = value` lines, named as the flags without dashes")
            ->type_name("FILE")
            ->group("Settings");
    }
};

constexpr std::string_view kNotes =
    "A flag beats the environment variable in [brackets], which beats --config FILE.\n"
    "Exit status: 0 done, 1 failed or incomplete, 2 wrong usage or configuration.";

/// Each command's help ends with its examples.
void show_examples(CLI::App& app, const std::string& path) {
    const std::string shown = examples_text(path);
    app.footer(shown.empty() ? std::string(kNotes) : shown + "\n" + std::string(kNotes));
    for (CLI::App* command : app.get_subcommands({})) {
        show_examples(*command,
                      path.empty() ? command->get_name() : path + " " + command->get_name());
    }
}

int fail_usage(const std::string& message) {
    std::cerr << "boundary-loki: " << message << '\n';
    return static_cast<int>(ExitCode::Usage);
}

using Command = std::function<ExitCode(const Settings&)>;

base::Result<Settings> resolve(const SettingFlags& flags, const SettingsWish& wish) {
    return resolve_settings(flags.values, process_environment(), flags.config_file, wish);
}

int with_settings(const SettingFlags& flags, const SettingsWish& wish, const Command& command) {
    const auto settings = resolve(flags, wish);
    if (!settings) {
        return fail_usage(settings.error().message);
    }
    Settings complete = *settings;
    complete.loki.user_agent = "boundary-loki/" + std::string(kVersion);
    return static_cast<int>(command(complete));
}

ExitCode check_command(const Settings&) {
    std::cout << "the settings are valid\n";
    return ExitCode::Done;
}

int show_config(const SettingFlags& flags, bool json) {
    const auto sources =
        SettingSources::load(flags.values, process_environment(), flags.config_file);
    if (!sources) {
        return fail_usage(sources.error().message);
    }
    const auto settings = resolve_settings(*sources, {.push = false, .show_push = true});
    if (!settings) {
        return fail_usage(settings.error().message);
    }
    const auto effective = effective_settings(*sources, *settings);
    std::cout << (json ? settings_json(effective) : settings_text(effective)) << std::flush;
    return static_cast<int>(ExitCode::Done);
}

int dispatch(CLI::App& app, int argc, char** argv) {
    app.set_version_flag("--version", "boundary-loki " + std::string(kVersion));
    app.require_subcommand(1);

    SettingFlags run_flags;
    bool check = false;
    CLI::App* run = app.add_subcommand(
        "run", "follow the log folders and push to Loki, until SIGTERM or SIGINT");
    run->add_flag("--check", check, "check the settings and exit; nothing is started");
    run_flags.attach(*run);

    SettingFlags replay_flags;
    ReplayOptions replay_options;
    std::string output = "loki";
    CLI::App* replay =
        app.add_subcommand("replay", "push what is in files and folders, once, in time order");
    replay->add_option("PATH", replay_options.paths, "log files (.gz and .zst, too) and folders")
        ->required();
    replay->add_option("--output", output, "loki, or ndjson to print instead of pushing")
        ->check(CLI::IsMember({"loki", "ndjson"}))
        ->capture_default_str();
    replay->add_flag("--dry-run", replay_options.dry_run,
                     "read all and give the account, but push nothing");
    replay_flags.attach(*replay);

    SettingFlags summary_flags;
    SummaryOptions summary_options;
    CLI::App* summary = app.add_subcommand("summary", "show what files and folders hold, offline");
    summary->add_option("PATH", summary_options.paths, "log files and folders")->required();
    summary->add_flag("--json", summary_options.json, "for machines");
    summary->add_flag("--follow", summary_options.follow,
                      "show it anew as lines come, until SIGINT; into a pipe, whole each time");
    const auto instant = [](const std::string& text) {
        return parse_instant(text, 0) ? ""
                                      : "want 2026-06-09T12:00:00Z, or an age such as 6h or 7d";
    };
    std::string since;
    std::string until;
    summary
        ->add_option("--since", since,
                     "count from this instant on, or so long before the start (6h, 7d)")
        ->check(instant);
    summary->add_option("--until", until, "count up to this instant, or so long before the start")
        ->check(instant);
    summary->add_option("--decision", summary_options.wish.decision, "count these decisions alone")
        ->check(CLI::IsMember({"allow", "deny"}));
    summary->add_option("--domain", summary_options.wish.domain,
                        "count requests to this domain alone; *.example.com for all below it");
    summary_flags.attach(*summary, {"journal-dir", "url-query", "log-level", "log-format"});

    SettingFlags doctor_flags;
    DoctorOptions doctor_options;
    std::string range;
    bool no_probe = false;
    CLI::App* doctor = app.add_subcommand("doctor", "say why the dashboard reads zero");
    doctor->add_flag("--json", doctor_options.json, "for machines");
    doctor
        ->add_option("--dashboard", doctor_options.dashboard,
                     "whose Request Totals count: boundary-loki, or one made for coderd's lines")
        ->check(CLI::IsMember({"boundary-loki", "coderd-json", "coderd-logfmt"}))
        ->capture_default_str();
    doctor
        ->add_option("--range", range,
                     "how far back it looks, such as 6h or 7d (default: as the dashboard opens)")
        ->check([](const std::string& text) {
            return parse_range(text) ? "" : "want a range such as 15m, 6h or 7d";
        });
    doctor->add_flag("--no-probe", no_probe, "push nothing to Loki");
    doctor->add_option("--boundary", doctor_options.boundary, "Boundary's program")
        ->capture_default_str();
    doctor
        ->add_option("--boundary-config", doctor_options.boundary_config,
                     "Boundary's configuration (default: where Boundary looks, BOUNDARY_CONFIG or "
                     "~/.config/coder_boundary/config.yaml)")
        ->type_name("FILE");
    doctor
        ->add_option("--prometheus-url", doctor_options.prometheus_url,
                     "a Prometheus that scrapes coderd, to check coderd's own panels as well")
        ->type_name("URL");
    doctor_flags.attach(*doctor);

    SettingFlags config_flags;
    bool config_json = false;
    CLI::App* config = app.add_subcommand(
        "config", "show the settings as they take effect, and where each stands");
    config->add_flag("--json", config_json, "for machines");
    config_flags.attach(*config);

    CLI::App* toolcall = app.add_subcommand(
        "toolcall", "journal the agent's tool calls, so that each request is laid to its call");
    toolcall->require_subcommand(1);
    const std::set<std::string_view> journal_flags = {"journal-dir", "log-dir"};
    SettingFlags exec_flags;
    ToolCallExec call;
    CLI::App* exec = toolcall->add_subcommand(
        "exec",
        "run one tool call under Boundary, and exit with its status: exec [FLAGS] -- CMD...");
    exec->add_option("CMD", call.command, "the command and its arguments, behind --")->required();
    exec->add_option("--boundary", call.boundary, "Boundary's program")->capture_default_str();
    exec->add_option("--tool", call.tool, "the tool's name")->capture_default_str();
    exec->add_flag("--fail-open", call.fail_open, "without Boundary, run the command all the same");
    exec_flags.attach(*exec, journal_flags);
    SettingFlags hook_flags;
    CLI::App* hook = toolcall->add_subcommand(
        "hook", "journal the Claude Code hook event on stdin; never fails, prints nothing");
    hook_flags.attach(*hook, journal_flags);
    std::string manual_format;
    const CLI::App* manual = add_manual_command(app, manual_format);
    show_examples(app, "");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (hook->parsed() && error.get_exit_code() != 0) {  // no call for help
            return 0;  // 2 would tell Claude Code to block the tool call
        }
        const int code = app.exit(error);
        return code == 0 ? 0 : static_cast<int>(ExitCode::Usage);
    }
    if (manual->parsed()) {
        write_manual(app, {manual_format, kNotes}, std::cout);
        return 0;
    }
    if (run->parsed()) {
        return with_settings(run_flags, {.push = true, .default_state = true},
                             check ? Command(check_command) : Command(run_command));
    }
    if (replay->parsed()) {
        replay_options.ndjson = output == "ndjson";
        return with_settings(
            replay_flags,
            {.push = !replay_options.ndjson && !replay_options.dry_run,
             .default_state = false,
             .default_journal = false},
            [&](const Settings& settings) { return replay_command(settings, replay_options); });
    }
    if (config->parsed()) {
        return show_config(config_flags, config_json);
    }
    if (doctor->parsed()) {
        doctor_options.probe = !no_probe;
        if (!range.empty()) {
            doctor_options.range = parse_range(range);
        }
        return with_settings(
            doctor_flags, {.push = false, .show_push = true},
            [&](const Settings& settings) { return doctor_command(settings, doctor_options); });
    }
    const SettingsWish journal_wish{.push = false, .default_state = false};
    if (exec->parsed()) {
        const auto settings = resolve(exec_flags, journal_wish);
        if (!settings) {
            return fail_usage(settings.error().message);
        }
        call.journal_dir = settings->journal_dir;
        return run_tool_call(call);
    }
    if (hook->parsed()) {
        if (const auto settings = resolve(hook_flags, journal_wish)) {
            journal_hook(STDIN_FILENO, settings->journal_dir);
        }
        return 0;
    }
    const std::int64_t now_ns = base::SystemClock().wall_ns();
    summary_options.wish.since_ns = parse_instant(since, now_ns);
    summary_options.wish.until_ns = parse_instant(until, now_ns);
    return with_settings(
        summary_flags, {.push = false, .default_state = false, .default_journal = false},
        [&](const Settings& settings) { return summary_command(settings, summary_options); });
}

}  // namespace

int run_cli(int argc, char** argv) {
    CLI::App app("Ships Coder Boundary's allow and deny decisions to Grafana Loki.",
                 "boundary-loki");
    // `| head` ends a command in order, by a write that fails.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return dispatch(app, argc, argv);
    } catch (const std::exception& bug) {
        // Nothing in normal operation throws up to here: third-party code at start-up, or no
        // memory.
        std::cerr << "boundary-loki: " << bug.what() << '\n';
        return static_cast<int>(ExitCode::Incomplete);
    }
}

}  // namespace bridge
