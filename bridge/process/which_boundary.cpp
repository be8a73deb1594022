// SPDX-License-Identifier: MIT
#include "bridge/process/which_boundary.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include <sys/stat.h>
#include <unistd.h>

namespace bridge {
namespace {

constexpr const char* kBoundaryVariable = "BOUNDARY_LOKI_BOUNDARY";

bool is_program(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

std::optional<std::string> find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return is_program(name) ? std::optional(name) : std::nullopt;
    }
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        std::string candidate(rest.substr(0, end));
        candidate.append(candidate.empty() ? "./" : "/").append(name);
        if (is_program(candidate)) {
            return candidate;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return std::nullopt;
}

Command words(std::string_view text) {
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

std::string chosen(std::string_view given) {
    const char* variable = std::getenv(kBoundaryVariable);
    return std::string(given.empty() && variable != nullptr ? variable : given);
}

}  // namespace

std::vector<Command> boundary_commands(std::string_view given) {
    const std::string choice = chosen(given);
    std::vector<Command> wanted = {{"boundary"}, {"coder", "agent-firewall"}, {"coder", "boundary"}};
    if (const Command command = words(choice); !command.empty()) {
        // A path may have blanks in it.
        wanted = {choice.find('/') != std::string::npos && is_program(choice) ? Command{choice}
                                                                              : command};
    }
    std::vector<Command> found;
    for (auto& command : wanted) {
        if (auto program = find_program(command.front())) {
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

std::string boundary_wanted(std::string_view given) {
    const std::string choice = chosen(given);
    return choice.empty() ? "boundary or coder" : choice;
}

}  // namespace bridge
