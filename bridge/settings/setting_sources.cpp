// SPDX-License-Identifier: MIT
#include "bridge/settings/setting_sources.h"

#include <algorithm>

#include "base/text.h"
#include "bridge/settings/config_file.h"
#include "bridge/settings/option_specs.h"

namespace bridge {
namespace {

base::Result<std::map<std::string, Given>> load_config(const std::string& path) {
    std::map<std::string, Given> config;
    if (path.empty()) {
        return config;
    }
    const auto lines = read_config_file(path);
    if (!lines) {
        return tl::unexpected(lines.error());
    }
    for (const auto& line : *lines) {
        const std::string source = path + " line " + std::to_string(line.line_number);
        const auto spec = std::ranges::find(option_specs(), line.name, &OptionSpec::name);
        if (spec == option_specs().end()) {
            return base::failure(source + ": unknown setting `" + line.name + "`");
        }
        Given& given = config[line.name];
        if (!given.values.empty() && !spec->repeatable) {
            return base::failure(source + ": `" + line.name + "` stands twice");
        }
        given.values.push_back(line.value);
        given.source = source;
    }
    return config;
}

}  // namespace

std::vector<std::string> Given::parts(char separator) const {
    if (source.starts_with("--")) {
        return values;
    }
    std::vector<std::string> all;
    for (const auto& value : values) {
        const auto some = base::split(value, separator);
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

base::Result<SettingSources> SettingSources::load(FlagValues flags, Environment environment,
                                                  const std::string& config_file) {
    auto config = load_config(config_file);
    if (!config) {
        return tl::unexpected(config.error());
    }
    return SettingSources(std::move(flags), std::move(environment), std::move(*config));
}

std::optional<Given> SettingSources::find(std::string_view name) const {
    if (const auto flag = flags_.find(name); flag != flags_.end() && !flag->second.empty()) {
        return Given{flag->second, "--" + std::string(name)};
    }
    const auto& specs = option_specs();
    const auto spec = std::ranges::find(specs, name, &OptionSpec::name);
    if (spec != specs.end() && !spec->environment.empty()) {
        if (auto value = environment_(spec->environment)) {
            return Given{{std::move(*value)}, std::string(spec->environment)};
        }
    }
    const auto line = config_.find(std::string(name));
    return line == config_.end() ? std::nullopt : std::optional(line->second);
}

std::string SettingSources::text(std::string_view name) const {
    const auto given = find(name);
    return given ? given->values.back() : std::string();
}

}  // namespace bridge
