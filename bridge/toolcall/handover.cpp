// SPDX-License-Identifier: MIT
#include "bridge/toolcall/handover.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "bridge/toolcall/processes.h"

namespace bridge::toolcall {

int hand_over(const ToolCall& call) {
    std::error_code code;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", code);
    const std::string program = (self.parent_path() / "boundary-loki-toolcall").string();
    std::vector<std::string> arguments = {program, "--journal-dir", call.journal_dir, "--tool",
                                          call.tool};
    if (!call.boundary.empty()) {
        arguments.insert(arguments.end(), {"--boundary", call.boundary});
    }
    if (call.fail_open) {
        arguments.emplace_back("--fail-open");
    }
    arguments.emplace_back("--");
    arguments.insert(arguments.end(), call.command.begin(), call.command.end());
    ::execv(program.c_str(), argument_vector(arguments).data());
    const std::string trouble =
        "cannot run " + program + ": " + std::generic_category().message(errno);
    if (call.fail_open) {
        complain(trouble + "; running this tool call without Boundary");
        return become(call.command);
    }
    complain(trouble + "; it is part of boundary-loki, so this tool call is refused");
    return kCannotRun;
}

}  // namespace bridge::toolcall
