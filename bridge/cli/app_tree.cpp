// SPDX-License-Identifier: MIT
#include "bridge/cli/app_tree.h"

namespace bridge {

std::vector<const CLI::App*> visible_commands(const CLI::App& app) {
    std::vector<const CLI::App*> commands;
    for (const CLI::App* command : app.get_subcommands({})) {
        if (!command->get_group().empty()) {
            commands.push_back(command);
        }
    }
    return commands;
}

std::vector<const CLI::Option*> flags_of(const CLI::App& app) {
    std::vector<const CLI::Option*> flags;
    for (const CLI::Option* option : app.get_options()) {
        if (!option->get_group().empty() && option->nonpositional()) {
            flags.push_back(option);
        }
    }
    return flags;
}

std::vector<const CLI::Option*> positionals_of(const CLI::App& app) {
    std::vector<const CLI::Option*> positionals;
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_positional()) {
            positionals.push_back(option);
        }
    }
    return positionals;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

bool takes_file(const CLI::Option& option) {
    return option.get_type_name() == "FILE" || option.get_type_name() == "DIR";
}

std::vector<std::string> spellings(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const auto& name : option.get_snames()) {
        names.push_back("-" + name);
    }
    for (const auto& name : option.get_lnames()) {
        names.push_back("--" + name);
    }
    return names;
}

}  // namespace bridge
