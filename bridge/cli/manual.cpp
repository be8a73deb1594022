// SPDX-License-Identifier: MIT
#include "bridge/cli/manual.h"

#include <ostream>

#include <CLI/CLI.hpp>

#include "bridge/cli/app_tree.h"
#include "bridge/cli/completion.h"
#include "bridge/cli/examples.h"
#include "bridge/process/version.h"

namespace bridge {
namespace {

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

}  // namespace

CLI::App* add_manual_command(CLI::App& app, std::string& format) {
    CLI::App* manual = app.add_subcommand("manual", "write the man page or the completion");
    manual->group("");
    manual->add_option("FORMAT", format, "man, bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"man", "bash", "zsh", "fish"}));
    return manual;
}

void write_manual(const CLI::App& app, const ManualWish& wish, std::ostream& out) {
    if (wish.format == "man") {
        write_man_page(app, wish.notes, out);
    } else if (wish.format == "bash") {
        write_bash_completion(app, out);
    } else if (wish.format == "zsh") {
        write_zsh_completion(app, out);
    } else {
        write_fish_completion(app, out);
    }
}

}  // namespace bridge
