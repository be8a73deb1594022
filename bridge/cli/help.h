// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace bridge {

/// The group of the flags that are settings.
inline constexpr const char* kSettingsGroup = "Settings";

/// Help that fits a screen of 40 rows and 80 columns: of the settings, those that most people need,
/// and no text in parentheses. In mode All (--help-all) every one, and the whole text.
class HelpFormatter final : public CLI::Formatter {
public:
    std::string make_help(const CLI::App* app, std::string name,
                          CLI::AppFormatMode mode) const override;
    std::string make_option_opts(const CLI::Option* option) const override;
    std::string make_option_desc(const CLI::Option* option) const override;

private:
    bool brief_ = false;
};

/// Adds --help-all to a command of which --help does not show every setting.
void offer_whole_help(CLI::App& command);

}  // namespace bridge
