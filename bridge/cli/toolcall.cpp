// SPDX-License-Identifier: MIT
#include <set>
#include <string_view>

#include <unistd.h>

#include "bridge/cli/boundary_help.h"
#include "bridge/cli/setting_flags.h"
#include "bridge/cli/subcommand.h"
#include "bridge/toolcall/handover.h"
#include "bridge/toolcall/hook.h"

namespace bridge {
namespace {

const std::set<std::string_view>& journal_flags() {
    static const std::set<std::string_view> names = {"journal-dir", "log-dir"};
    return names;
}

constexpr SettingsWish kJournalWish{.push = false, .default_state = false};

class ToolCallExecution final : public Subcommand {
    void add_flags(CLI::App& app) override {
        app.add_option("CMD", call_.command, "the command and its arguments, behind --")
            ->required();
        app.add_option("--boundary", call_.boundary, kBoundaryHelp);
        app.add_option("--tool", call_.tool, "the tool's name")->capture_default_str();
        app.add_flag("--fail-open", call_.fail_open,
                     "without Boundary, run the command all the same");
        settings_.attach(app, journal_flags());
    }
    int run() override {
        const auto settings = settings_.resolve(kJournalWish);
        if (!settings) {
            return fail_usage(settings.error().message);
        }
        call_.journal_dir = settings->journal_dir;
        return toolcall::hand_over(call_);
    }
    /// The command has its signals as we were given them.
    [[nodiscard]] bool becomes_another() const override { return true; }

    SettingFlags settings_;
    toolcall::ToolCall call_;
};

class ToolCallHook final : public Subcommand {
    void add_flags(CLI::App& app) override { settings_.attach(app, journal_flags()); }
    int run() override {
        if (const auto settings = settings_.resolve(kJournalWish)) {
            journal_hook(STDIN_FILENO, settings->journal_dir);
        }
        return 0;
    }
    /// 2 would tell Claude Code to block the tool call.
    [[nodiscard]] bool never_fails() const override { return true; }

    SettingFlags settings_;
};

}  // namespace

std::unique_ptr<Subcommand> make_toolcall_exec() { return std::make_unique<ToolCallExecution>(); }
std::unique_ptr<Subcommand> make_toolcall_hook() { return std::make_unique<ToolCallHook>(); }

}  // namespace bridge
