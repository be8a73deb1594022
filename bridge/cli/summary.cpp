// SPDX-License-Identifier: MIT
#include "bridge/cli/setting_flags.h"
#include "bridge/cli/span_flags.h"
#include "bridge/cli/subcommand.h"
#include "bridge/summary/summary_command.h"

namespace bridge {
namespace {

class Summary final : public Subcommand {
    void add_flags(CLI::App& app) override {
        app.add_option("PATH", options_.paths, "log files and folders")->required();
        app.add_flag("--json", options_.json, "for machines");
        app.add_flag("--follow", options_.follow,
                     "show it anew as lines come, until SIGINT; into a pipe, whole each time");
        span_.attach(app, "from this instant on, or so long before now (6h, 7d)",
                     "up to this instant, or so long before now");
        app.add_option("--decision", options_.wish.decision, "these decisions alone")
            ->check(CLI::IsMember({"allow", "deny"}));
        app.add_option("--domain", options_.wish.domain,
                       "this domain alone; *.example.com for all below it");
        app.add_option("--tool-call", options_.wish.tool_call, "this tool call alone, by its id");
        app.add_option("--chat", options_.wish.chat,
                       "this chat alone: the agent's session, by its id");
        app.add_option("--tool", options_.wish.tool, "this tool alone");
        settings_.attach(app, {"journal-dir", "url-query", "log-level", "log-format"});
    }
    int run() override {
        span_.read(options_.wish.since_ns, options_.wish.until_ns);
        return settings_.with(
            {.push = false, .default_state = false, .default_journal = false},
            [this](const Settings& all) { return summary_command(all, options_); });
    }

    SettingFlags settings_;
    SummaryOptions options_;
    SpanFlags span_;
};

}  // namespace

std::unique_ptr<Subcommand> make_summary() { return std::make_unique<Summary>(); }

}  // namespace bridge
