// SPDX-License-Identifier: MIT
#include "bridge/cli/completion.h"

#include <ostream>
#include <string>
#include <vector>

#include "bridge/cli/app_tree.h"

namespace bridge {
namespace {

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
            if (takes_file(*flag)) {
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

/// A flag as zsh's _arguments takes it.
std::string zsh_flag(const CLI::Option& flag, const std::string& name) {
    std::string said;
    for (const char c : flag.get_description()) {
        said += c == '[' || c == ']' || c == ':' ? std::string{'\\', c} : std::string(1, c);
    }
    std::string spec = name + "[" + said + "]";
    if (takes_value(flag)) {
        spec += ":" + flag.get_type_name() + ":" + (takes_file(flag) ? "_files" : "");
    }
    return spec;
}

void write_zsh_case(const CLI::App& command, const std::string& path, std::ostream& out) {
    out << "    (" << shell_word(path) << ") _arguments -S";
    for (const auto* flag : flags_of(command)) {
        for (const auto& name : spellings(*flag)) {
            out << ' ' << shell_word(zsh_flag(*flag, name));
        }
    }
    std::string children;
    for (const auto* child : visible_commands(command)) {
        children += (children.empty() ? "" : " ") + child->get_name();
    }
    if (!children.empty()) {
        out << ' ' << shell_word("1:command:(" + children + ")");
    } else if (!positionals_of(command).empty()) {
        out << " '*:path:_files'";
    }
    out << " ;;\n";
    for (const auto* child : visible_commands(command)) {
        write_zsh_case(*child, path + " " + child->get_name(), out);
    }
}

/// `seen` is a fish condition that holds within the command.
void write_fish_lines(const std::string& name, const CLI::App& command, const std::string& seen,
                      std::ostream& out) {
    const auto children = visible_commands(command);
    std::string within = seen;
    for (const auto* child : children) {
        within += (within.empty() ? "not " : "; and not ") +
                  std::string("__fish_seen_subcommand_from ") + child->get_name();
    }
    const std::string start =
        "complete -c " + name + (within.empty() ? "" : " -n " + shell_word(within));
    for (const auto* child : children) {
        out << start << " -f -a " << child->get_name() << " -d "
            << shell_word(child->get_description()) << '\n';
    }
    for (const auto* flag : flags_of(command)) {
        out << start;
        for (const auto& letter : flag->get_snames()) {
            out << " -s " << letter;
        }
        for (const auto& word : flag->get_lnames()) {
            out << " -l " << word;
        }
        out << (takes_file(*flag)    ? " -r -F"
                : takes_value(*flag) ? " -x"
                                     : "")
            << " -d " << shell_word(flag->get_description()) << '\n';
    }
    if (children.empty() && positionals_of(command).empty()) {
        out << start << " -f\n";
    }
    for (const auto* child : children) {
        write_fish_lines(name, *child,
                         (seen.empty() ? "" : seen + "; and ") + "__fish_seen_subcommand_from " +
                             child->get_name(),
                         out);
    }
}

}  // namespace

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

void write_zsh_completion(const CLI::App& app, std::ostream& out) {
    const std::string& name = app.get_name();
    const std::string paths = command_paths(app, name);
    out << "#compdef " << name
        << "\n"
           "# Made from its --help.\n"
           "_boundary_loki() {\n"
           "    local command="
        << shell_word(name)
        << " word taken=0\n"
           "    for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
           "        case \"$command $word\" in\n"
           "        ("
        << (paths.empty() ? shell_word(name) : paths.substr(1))
        << ") command+=\" $word\" taken=$((taken + 1)) ;;\n"
           "        esac\n"
           "    done\n"
           "    shift $taken words\n"
           "    CURRENT=$((CURRENT - taken))\n"
           "    case $command in\n";
    write_zsh_case(app, name, out);
    out << "    esac\n"
           "}\n"
           "compdef _boundary_loki "
        << name << '\n';
}

void write_fish_completion(const CLI::App& app, std::ostream& out) {
    out << "# Completion of " << app.get_name() << " for fish; made from its --help.\n";
    write_fish_lines(app.get_name(), app, "", out);
}

}  // namespace bridge
