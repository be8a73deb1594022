// SPDX-License-Identifier: MIT
#include "bridge/process/which_boundary.h"

#include <algorithm>

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace bridge {
namespace {

constexpr const char* kBoundaryVariable = "BOUNDARY_LOKI_BOUNDARY";

bool is_program(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

Command split_words(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\n";
    Command all;
    while (true) {
        const std::size_t begin = text.find_first_not_of(kBlanks);
        if (begin == std::string_view::npos) {
            return all;
        }
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
        all.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

std::string chosen(std::string_view given, const Environment& environment) {
    return given.empty() ? environment(kBoundaryVariable).value_or("") : std::string(given);
}

}  // namespace

std::optional<std::string> find_program(const std::string& name, const Environment& environment) {
    if (name.find('/') != std::string::npos) {
        return is_program(name) ? std::optional(name) : std::nullopt;
    }
    for (const auto& folder : base::split(environment("PATH").value_or(""), ':')) {
        std::string path = folder.empty() ? "." : folder;
        if (path.append("/").append(name); is_program(path)) {
            return path;
        }
    }
    return std::nullopt;
}

std::vector<Command> boundary_commands(std::string_view given, const Environment& environment) {
    const std::string choice = chosen(given, environment);
    std::vector<Command> wanted = {
        {"boundary"}, {"coder", "agent-firewall"}, {"coder", "boundary"}};
    if (const Command command = split_words(choice); !command.empty()) {
        // A path may have blanks in it.
        wanted = {choice.find('/') != std::string::npos && is_program(choice) ? Command{choice}
                                                                              : command};
    }
    std::vector<Command> found;
    for (auto& command : wanted) {
        if (auto program = find_program(command.front(), environment)) {
            command.front() = std::move(*program);
            found.push_back(std::move(command));
        }
    }
    // One that is Boundary and nothing else needs no other to fall back on.
    if (!found.empty() && found.front().size() == 1) {
        found.resize(1);
    }
    return found;
}

std::string boundary_wanted(std::string_view given, const Environment& environment) {
    const std::string choice = chosen(given, environment);
    return choice.empty() ? "boundary or coder" : choice;
}

}  // namespace bridge
