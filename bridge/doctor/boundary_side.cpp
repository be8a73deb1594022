// SPDX-License-Identifier: MIT
#include "bridge/doctor/boundary_side.h"

#include <filesystem>
#include <regex>

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include "base/durable_file.h"
#include "base/text.h"
#include "bridge/doctor/program.h"
#include "bridge/process/jail.h"
#include "bridge/process/which_boundary.h"

namespace bridge::doctor {
namespace {

constexpr std::chrono::seconds kVersionLimit{5};

std::string config_path(const BoundaryWish& wish, const Environment& environment) {
    if (!wish.config_file.empty()) {
        return wish.config_file;
    }
    if (auto given = environment("BOUNDARY_CONFIG")) {
        return *given;
    }
    const std::string own =
        environment("HOME").value_or("") + "/.config/coder_boundary/config.yaml";
    std::error_code ignored;
    return std::filesystem::exists(own, ignored) ? own : "";
}

std::optional<BoundaryValue> value_in(const YAML::Node& config, const char* key,
                                      const std::string& file) {
    const YAML::Node value = config[key];
    if (!value || !value.IsScalar() || value.Scalar().empty()) {
        return std::nullopt;
    }
    return BoundaryValue{value.Scalar(), file};
}

void read_config(BoundarySide& side) {
    const auto text = base::read_whole(side.config_file);
    if (!text) {
        side.config_trouble = text.error().message;
        return;
    }
    try {
        const YAML::Node config = YAML::Load(*text);
        if (!config.IsMap()) {
            side.config_trouble = side.config_file + " holds no settings";
            return;
        }
        side.log_dir = value_in(config, "log_dir", side.config_file);
        side.log_level = value_in(config, "log_level", side.config_file);
    } catch (const YAML::Exception& trouble) {
        side.config_trouble = side.config_file + " is no valid YAML: " + trouble.what();
    }
}

/// Of several, the first that knows its version: an older Coder has no `agent-firewall`.
void look_for_program(const std::string& wanted, const Environment& environment,
                      BoundarySide& side) {
    for (auto command : boundary_commands(wanted, environment)) {
        const std::string name = base::joined(command, ' ');
        command.emplace_back("--version");
        const auto version = version_in(output_of(command, kVersionLimit));
        if (side.program.empty() || version != std::array<int, 3>{}) {
            side.program = name;
            side.version = version;
        }
        if (side.knows_version()) {
            return;
        }
    }
}

/// `toolcall exec` and `toolcall hook` have nobody to say it to.
std::string journal_trouble(const std::string& folder) {
    std::error_code ignored;
    if (folder.empty() || !std::filesystem::exists(folder, ignored)) {
        return "";
    }
    if (!std::filesystem::is_directory(folder, ignored)) {
        return folder + " is no folder";
    }
    return ::access(folder.c_str(), W_OK | X_OK) == 0 ? "" : folder + " cannot be written to";
}

}  // namespace

std::array<int, 3> version_in(const std::string& text) {
    static const std::regex pattern(R"((?:^|\D)(\d{1,6})\.(\d{1,6})\.(\d{1,6}))");
    std::smatch found;
    if (!std::regex_search(text, found, pattern)) {
        return {};
    }
    return {std::stoi(found[1]), std::stoi(found[2]), std::stoi(found[3])};
}

BoundarySide look_at_boundary(const BoundaryWish& wish, const Environment& environment) {
    BoundarySide side;
    look_for_program(wish.program, environment, side);
    side.journal_trouble = journal_trouble(wish.journal_dir);
    side.config_file = config_path(wish, environment);
    side.config_asked_for = !wish.config_file.empty() || environment("BOUNDARY_CONFIG");
    if (!side.config_file.empty()) {
        read_config(side);
    }
    if (auto dir = environment("BOUNDARY_LOG_DIR")) {
        side.log_dir = BoundaryValue{*dir, "BOUNDARY_LOG_DIR"};
    }
    if (auto level = environment("BOUNDARY_LOG_LEVEL")) {
        side.log_level = BoundaryValue{*level, "BOUNDARY_LOG_LEVEL"};
    }
    side.inside_jail = bridge::inside_jail(environment);
    return side;
}

}  // namespace bridge::doctor
