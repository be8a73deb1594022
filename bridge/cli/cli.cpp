// SPDX-License-Identifier: MIT
#include "bridge/cli/cli.h"

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "bridge/cli/examples.h"
#include "bridge/cli/help.h"
#include "bridge/cli/manual.h"
#include "bridge/cli/subcommands.h"
#include "bridge/console/json_text.h"
#include "bridge/console/line_output.h"
#include "bridge/process/exit_code.h"
#include "bridge/process/standard_descriptors.h"
#include "bridge/process/version.h"

namespace bridge {
namespace {

using SignalHandler = void (*)(int);

/// Each command's help ends with its examples.
void show_examples(CLI::App& app, const std::string& command) {
    const std::string shown = examples_text(command);
    app.footer(shown.empty() ? std::string(kNotes) : shown + "\n" + std::string(kNotes));
}

/// A subcommand where it stands among the others.
struct Placed {
    CLI::App* app;
    std::string path;
    Subcommand* command;  ///< null for a group

    void add_flags() const {
        show_examples(*app, path);
        if (command != nullptr) {
            command->add_flags(*app);
        }
        offer_whole_help(*app);
    }
};

/// The flags of a subcommand are made when parsing comes upon its name: all of them take 2 ms, for
/// each is compared with those before it, and every tool call of an agent would wait for that.
std::vector<Placed> place(CLI::App& app, const std::vector<NamedSubcommand>& subcommands) {
    std::vector<Placed> all;
    for (const auto& [group, name, help, command] : subcommands) {
        CLI::App& above = group.empty() ? app : *app.get_subcommand(group);
        std::string path = group;
        path.append(group.empty() ? "" : " ").append(name);
        const Placed placed{above.add_subcommand(name, help), path, command.get()};
        if (command == nullptr) {
            placed.app->require_subcommand(1);
        }
        placed.app->preparse_callback([placed](std::size_t) { placed.add_flags(); });
        all.push_back(placed);
    }
    return all;
}

std::string version_text(bool json) {
    if (!json) {
        return "boundary-loki " + std::string(kVersion);
    }
    JsonText text;
    text.open('{').key("name").string("boundary-loki").key("version").string(kVersion).close('}');
    return text.take();
}

int dispatch(CLI::App& app, int argc, char** argv, SignalHandler sigpipe_before) {
    app.formatter(std::make_shared<HelpFormatter>());
    bool as_json = false;  // read before the version is asked for, so added before it
    CLI::Option* json = app.add_flag("--json", as_json, "with --version: for machines");
    json->needs(app.set_version_flag(
        "--version", [&as_json] { return version_text(as_json); }, "print the version and exit"));
    app.require_subcommand(1);
    show_examples(app, "");
    const auto subcommands = make_subcommands();
    const auto placed = place(app, subcommands);
    std::string manual_format;
    CLI::App* manual = add_manual_command(app, manual_format);
    show_examples(*manual, manual->get_name());

    const auto named = [&placed] {
        return std::ranges::find_if(placed, [](const Placed& each) {
            return each.command != nullptr && each.app->parsed();
        });
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const auto it = named();
        if (error.get_exit_code() != 0 && it != placed.end() && it->command->never_fails()) {
            return 0;
        }
        return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::Usage);
    }
    if (manual->parsed()) {
        for (const auto& each : placed) {
            each.add_flags();
        }
        write_manual(app, {manual_format, kNotes}, std::cout);
        return 0;
    }
    Subcommand& command = *named()->command;
    if (command.becomes_another()) {
        std::signal(SIGPIPE, sigpipe_before);
    }
    return command.run();
}

}  // namespace

int run_cli(int argc, char** argv) {
    open_standard_descriptors();
    CLI::App app("Ships Coder Boundary's allow and deny decisions to Grafana Loki.",
                 "boundary-loki");
    // `| head` ends a command in order, by a write that fails.
    const SignalHandler sigpipe_before = std::signal(SIGPIPE, SIG_IGN);
    try {
        return dispatch(app, argc, argv, sigpipe_before);
    } catch (const std::exception& bug) {
        // Nothing in normal operation throws up to here: third-party code at start-up, or no
        // memory.
        LineOutput(STDERR_FILENO).write("boundary-loki: " + std::string(bug.what()) + "\n");
        return static_cast<int>(ExitCode::Incomplete);
    }
}

}  // namespace bridge
