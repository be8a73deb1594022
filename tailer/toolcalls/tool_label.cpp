// SPDX-License-Identifier: MIT
#include "tailer/toolcalls/tool_label.h"

#include <algorithm>

namespace tailer {

std::vector<std::string> default_tool_names() {
    return {
        "execute",   "process_output", "process_signal", "read_file", "write_file", "edit_files",
        "Bash",      "BashOutput",     "KillShell",      "Read",      "Write",      "Edit",
        "MultiEdit", "NotebookEdit",   "Glob",           "Grep",      "LS",         "WebFetch",
        "WebSearch", "Task",           "Agent",          "Skill",     "TodoWrite"};
}

std::string_view tool_label(std::string_view name, const std::vector<std::string>& known) noexcept {
    if (name.empty()) {
        return {};
    }
    if (const auto found = std::ranges::find(known, name); found != known.end()) {
        return *found;
    }
    return name.starts_with("mcp__") ? "mcp" : kOtherTool;
}

}  // namespace tailer
