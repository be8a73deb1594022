// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bridge/process/environment.h"

namespace bridge {

/// Values from the command line, by option name.
using FlagValues = std::map<std::string, std::vector<std::string>, std::less<>>;

/// A setting's values and their source: `--flag`, `VARIABLE`, or `file line N`.
struct Given {
    std::vector<std::string> values;
    std::string source;

    /// An Error that names the source and the value, and says what would be right.
    [[nodiscard]] tl::unexpected<base::Error> bad(const std::string& value,
                                                  std::string_view wanted) const {
        return base::failure(source + ": `" + value + "`: " + std::string(wanted));
    }
    /// The single values: a flag is repeated, while a variable or a line of the file lists several.
    [[nodiscard]] std::vector<std::string> parts(char separator) const;
};

/// Finds each setting's value by precedence: a flag beats the environment beats the config file.
class SettingSources {
public:
    /// `config_file` may be empty. An Error names the file and the line that is wrong.
    [[nodiscard]] static base::Result<SettingSources> load(FlagValues flags,
                                                           Environment environment,
                                                           const std::string& config_file);

    /// Nothing if the setting is not given anywhere.
    [[nodiscard]] std::optional<Given> find(std::string_view name) const;
    /// The last value, or "".
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> variable(std::string_view name) const {
        return environment_(name);
    }

private:
    SettingSources(FlagValues flags, Environment environment, std::map<std::string, Given> config)
        : flags_(std::move(flags)),
          environment_(std::move(environment)),
          config_(std::move(config)) {}

    FlagValues flags_;
    Environment environment_;
    std::map<std::string, Given> config_;
};

}  // namespace bridge
