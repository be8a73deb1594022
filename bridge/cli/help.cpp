// SPDX-License-Identifier: MIT
#include "bridge/cli/help.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "bridge/cli/app_tree.h"

namespace bridge {
namespace {

constexpr std::size_t kScreenWidth = 80;
constexpr std::array<std::string_view, 6> kMainSettings = {
    "log-dir", "loki-url", "tenant", "bearer-token-file", "namespace", "config"};

bool is_setting(const CLI::Option* option) { return option->get_group() == kSettingsGroup; }

bool is_main(const CLI::Option* option) {
    return !is_setting(option) ||
           std::ranges::find(kMainSettings, option->get_lnames().front()) != kMainSettings.end();
}

std::string without_parentheses(std::string text) {
    for (std::size_t open; (open = text.find(" (")) != std::string::npos;) {
        const std::size_t close = text.find(')', open);
        text.erase(open, close == std::string::npos ? close : close + 1 - open);
    }
    return text;
}

std::string broken_into_lines(std::string text, std::size_t width) {
    std::size_t start = 0;
    while (text.size() - start > width) {
        const std::size_t space = text.rfind(' ', start + width);
        if (space == std::string::npos || space < start) {
            break;
        }
        text[space] = '\n';
        start = space + 1;
    }
    return text;
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode mode) const {
    // Where there is no more to be had, nothing is left out.
    const bool brief = mode != CLI::AppFormatMode::All && app->get_help_all_ptr() != nullptr;
    if (brief != brief_) {
        HelpFormatter other(*this);
        other.brief_ = brief;
        return other.make_help(app, std::move(name), mode);
    }
    std::string text = make_description(app) + make_usage(app, std::move(name));
    text += make_positionals(app);
    for (const std::string group : {"Options", kSettingsGroup}) {
        std::vector<const CLI::Option*> shown = flags_of(*app);
        std::erase_if(shown, [&group](const auto* each) { return each->get_group() != group; });
        const std::size_t all = shown.size();
        if (brief) {
            std::erase_if(shown, [](const auto* each) { return !is_main(each); });
        }
        if (all > 0) {
            const std::string left_out =
                shown.size() == all ? "" : ", " + std::to_string(all) + " with --help-all";
            text += make_group(group + left_out, false, shown);
        }
    }
    return text + make_subcommands(app, mode) + "\n" + make_footer(app);
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
    std::string text;
    if (takes_value(*option)) {
        text += " " + option->get_type_name();
        text += option->get_default_str().empty() ? "" : "=" + option->get_default_str();
        text += option->get_expected_max() > 1 && option->get_positional() ? " ..." : "";
    }
    return text + (option->get_required() ? " " + get_label("REQUIRED") : "");
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
    const std::string& text = option->get_description();
    return broken_into_lines(brief_ ? without_parentheses(text) : text,
                             kScreenWidth - get_column_width());
}

void offer_whole_help(CLI::App& command) {
    if (!std::ranges::all_of(flags_of(command), is_main)) {
        command.set_help_all_flag("--help-all", "the same with every setting");
    }
}

}  // namespace bridge
