// SPDX-License-Identifier: MIT
#include "bridge/cli/subcommands.h"

namespace bridge {

std::vector<NamedSubcommand> make_subcommands() {
    std::vector<NamedSubcommand> all;
    all.push_back({"", "run", "follow the log folders and push to Loki, until SIGTERM or SIGINT",
                   make_run()});
    all.push_back(
        {"", "replay", "push what is in files and folders, once, in time order", make_replay()});
    all.push_back({"", "summary", "show what files and folders hold, offline", make_summary()});
    all.push_back(
        {"", "verify", "prove that Loki holds the whole trail, each decision once", make_verify()});
    all.push_back(
        {"", "suggest", "print Boundary rules that would allow what was denied", make_suggest()});
    all.push_back({"", "doctor", "say why the dashboard reads zero", make_doctor()});
    all.push_back({"", "config", "show the settings as they take effect, and where each stands",
                   make_config()});
    all.push_back({"", "toolcall",
                   "journal the agent's tool calls, so that each request is attributed to its call",
                   nullptr});
    all.push_back({"toolcall", "exec",
                   "run one tool call under Boundary, and exit with its status: exec [FLAGS] -- "
                   "CMD...",
                   make_toolcall_exec()});
    all.push_back({"toolcall", "hook",
                   "journal the Claude Code hook event on stdin; never fails, prints nothing",
                   make_toolcall_hook()});
    return all;
}

}  // namespace bridge
