// SPDX-License-Identifier: MIT
#include "bridge/cli/examples.h"

namespace bridge {

const std::vector<Example>& examples() {
    static const std::vector<Example> all = {
        {"", "ship the decisions of this workspace",
         "boundary-loki run --loki-url http://loki.example:3100"},
        {"", "say why the dashboard reads zero",
         "boundary-loki doctor --loki-url http://loki.example:3100"},
        {"", "show what the logs hold, without Loki", "boundary-loki summary /tmp/boundary_logs"},
        {"run", "follow Boundary's own log folders",
         "boundary-loki run --loki-url http://loki.example:3100"},
        {"run", "to a tenant, with a token, and one more label",
         "boundary-loki run --loki-url http://loki.example:3100 --tenant team-a "
         "--bearer-token-file token --label site=lab"},
        {"run", "check the settings of a file",
         "boundary-loki run --check --config boundary-loki.conf"},
        {"replay", "deliver old logs once, and be able to go on after an interruption",
         "boundary-loki replay --loki-url http://loki.example:3100 --state-dir replay-state "
         "/tmp/boundary_logs"},
        {"replay", "count what would be pushed, without Loki",
         "boundary-loki replay --dry-run /tmp/boundary_logs"},
        {"replay", "print what would be pushed, one JSON object a line",
         "boundary-loki replay --output ndjson /tmp/boundary_logs"},
        {"summary", "all there is", "boundary-loki summary /tmp/boundary_logs"},
        {"summary", "what was denied in the last six hours, below one domain",
         "boundary-loki summary --since 6h --decision deny --domain '*.example.com' "
         "/tmp/boundary_logs"},
        {"summary", "what did one tool call ask for?",
         "boundary-loki summary --tool-call toolu_01Npm /tmp/boundary_logs"},
        {"summary", "watch an agent at work", "boundary-loki summary --follow /tmp/boundary_logs"},
        {"verify", "hold the logs against what Loki has",
         "boundary-loki verify --loki-url http://loki.example:3100 /tmp/boundary_logs"},
        {"verify", "by the numbers of the stored decisions alone, of the last day",
         "boundary-loki verify --loki-url http://loki.example:3100 --since 24h"},
        {"suggest", "what would have to be allowed, of what was denied twice at least",
         "boundary-loki suggest --min-count 2 /tmp/boundary_logs"},
        {"suggest", "which rules does nothing use, and what do they not allow yet?",
         "boundary-loki suggest --boundary-config config.yaml /tmp/boundary_logs"},
        {"doctor", "with the flags or the environment of the daemon",
         "boundary-loki doctor --loki-url http://loki.example:3100"},
        {"doctor", "look back a day, push no probe, for a machine to read",
         "boundary-loki doctor --loki-url http://loki.example:3100 --range 24h --no-probe --json"},
        {"config", "where does each setting come from?",
         "boundary-loki config --config boundary-loki.conf"},
        {"toolcall", "run a command under Boundary, as one tool call",
         "boundary-loki toolcall exec --tool execute -- git fetch"},
        {"toolcall exec", "run a command under Boundary, as one tool call",
         "boundary-loki toolcall exec --tool execute -- git fetch"},
        {"toolcall exec", "where Boundary is missing, run it all the same",
         "boundary-loki toolcall exec --fail-open -- git fetch"},
        {"toolcall hook", "what Claude Code runs before and after each tool call",
         R"(echo '{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_use_id":"toolu_01"}' | boundary-loki toolcall hook)"},
    };
    return all;
}

std::string examples_text(std::string_view command) {
    std::string text;
    for (const auto& example : examples()) {
        if (example.command == command) {
            text.append(text.empty() ? "Examples:\n" : "").append("  # ").append(example.says);
            text.append("\n  ").append(example.line).append("\n");
        }
    }
    return text;
}

}  // namespace bridge
