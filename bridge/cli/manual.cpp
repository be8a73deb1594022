// SPDX-License-Identifier: MIT
#include "bridge/cli/manual.h"

#include <ostream>
#include <vector>

#include <CLI/CLI.hpp>

#include "bridge/cli/examples.h"
#include "bridge/process/version.h"

namespace bridge {
namespace {

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

/// Every spelling: "-h", "--help".
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

/// Text that troff sets as it stands: no escapes, no requests, no dashes that become hyphens.
std::string troff(const std::string& text) {
    std::string set;
    bool line_start = true;
    for (const char c : text) {
        if (line_start && (c == '.' || c == '\'')) {
            set += "\\&";
        }
        if (c == '\\') {
            set += "\\e";
        } else if (c == '-') {
            set += "\\-";
        } else {
            set += c;
        }
        line_start = c == '\n';
    }
    return set;
}

void write_flag(const CLI::Option& option, std::ostream& out) {
    out << ".TP\n";
    std::string separator;
    for (const auto& name : spellings(option)) {
        out << separator << "\\fB" << troff(name) << "\\fR";
        separator = ", ";
    }
    if (takes_value(option)) {
        out << " \\fI" << troff(option.get_type_name()) << "\\fR";
    }
    out << '\n' << troff(option.get_description());
    if (!option.get_default_str().empty()) {
        out << " (default: " << troff(option.get_default_str()) << ")";
    }
    out << '\n';
}

/// A command and, below it, its own commands.
void write_command(const CLI::App& command, const std::string& path, std::ostream& out) {
    out << ".SS " << troff(path);
    for (const auto* positional : positionals_of(command)) {
        out << ' ' << troff(positional->get_name(true));
    }
    out << '\n' << troff(command.get_description()) << '\n';
    for (const auto* positional : positionals_of(command)) {
        out << ".TP\n\\fI" << troff(positional->get_name(true)) << "\\fR\n"
            << troff(positional->get_description()) << '\n';
    }
    for (const auto* flag : flags_of(command)) {
        write_flag(*flag, out);
    }
    for (const auto* child : visible_commands(command)) {
        write_command(*child, path + " " + child->get_name(), out);
    }
}

/// Those of all commands, each line once: what stands above commands borrows theirs.
void write_examples(std::ostream& out) {
    out << ".SH EXAMPLES\n";
    for (const auto& example : examples()) {
        if (!example.command.empty() && example.command != "toolcall") {
            out << ".TP\n"
                << troff(std::string(example.says)) << "\n.nf\n"
                << troff(std::string(example.line)) << "\n.fi\n";
        }
    }
}

void write_man_page(const CLI::App& app, std::string_view notes, std::ostream& out) {
    const std::string& name = app.get_name();
    out << ".TH " << troff(name) << " 1 \"\" \"" << troff(name) << ' ' << kVersion << "\"\n"
        << ".SH NAME\n"
        << troff(name) << " \\- " << troff(app.get_description()) << '\n'
        << ".SH SYNOPSIS\n\\fB" << troff(name) << "\\fR \\fICOMMAND\\fR [\\fIFLAGS\\fR] ...\n"
        << ".SH COMMANDS\n";
    for (const auto* command : visible_commands(app)) {
        write_command(*command, command->get_name(), out);
    }
    out << ".SH OPTIONS\n";
    for (const auto* flag : flags_of(app)) {
        write_flag(*flag, out);
    }
    write_examples(out);
    out << ".SH NOTES\n" << troff(std::string(notes)) << '\n';
}

/// For use within single quotes.
std::string shell_word(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

/// One line of a case: the command's path, then the words and the value-taking flags it knows.
void write_bash_case(const CLI::App& command, const std::string& path, std::ostream& out) {
    std::string words;
    std::string with_value;
    std::string files;
    for (const auto* child : visible_commands(command)) {
        words += child->get_name() + " ";
    }
    for (const auto* flag : flags_of(command)) {
        for (const auto& name : spellings(*flag)) {
            words += name + " ";
            if (takes_value(*flag)) {
                with_value += name + " ";
            }
            if (flag->get_type_name() == "FILE" || flag->get_type_name() == "DIR") {
                files += name + " ";
            }
        }
    }
    out << "        " << shell_word(path) << ") words=" << shell_word(words)
        << " with_value=" << shell_word(" " + with_value) << " files=" << shell_word(" " + files)
        << " paths=" << (positionals_of(command).empty() ? "''" : "yes") << " ;;\n";
    for (const auto* child : visible_commands(command)) {
        write_bash_case(*child, path + " " + child->get_name(), out);
    }
}

std::string command_paths(const CLI::App& command, const std::string& path) {
    std::string paths;
    for (const auto* child : visible_commands(command)) {
        const std::string name = path + " " + child->get_name();
        paths += "|" + shell_word(name) + command_paths(*child, name);
    }
    return paths;
}

void write_bash_completion(const CLI::App& app, std::ostream& out) {
    const std::string& name = app.get_name();
    const std::string paths = command_paths(app, name);
    out << "# Completion of " << name << " for bash; made from its --help.\n"
        << "_boundary_loki() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    local path="
        << shell_word(name)
        << " word words with_value files paths\n"
           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD - 1}\"; do\n"
           "        case \"$path $word\" in\n"
           "        "
        << (paths.empty() ? shell_word(name) : paths.substr(1))
        << ") path+=\" $word\" ;;\n"
           "        esac\n"
           "    done\n"
           "    case $path in\n";
    write_bash_case(app, name, out);
    out << "    esac\n"
           "    COMPREPLY=()\n"
           "    if [[ $files == *\" $previous \"* ]]; then\n"
           "        compopt -o filenames 2>/dev/null\n"
           "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
           "    elif [[ $with_value == *\" $previous \"* ]]; then\n"
           "        return\n"
           "    elif [[ -n $paths && $current != -* ]]; then\n"
           "        compopt -o filenames 2>/dev/null\n"
           "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
           "    else\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
           "    fi\n"
           "}\n"
           "complete -F _boundary_loki "
        << name << '\n';
}

}  // namespace

CLI::App* add_manual_command(CLI::App& app, std::string& format) {
    CLI::App* manual = app.add_subcommand("manual", "write the man page or the completion");
    manual->group("");
    manual->add_option("FORMAT", format, "man or bash")
        ->required()
        ->check(CLI::IsMember({"man", "bash"}));
    return manual;
}

void write_manual(const CLI::App& app, const ManualWish& wish, std::ostream& out) {
    if (wish.format == "man") {
        write_man_page(app, wish.notes, out);
    } else {
        write_bash_completion(app, out);
    }
}

}  // namespace bridge
