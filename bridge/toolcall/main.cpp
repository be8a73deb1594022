// SPDX-License-Identifier: MIT
// Each tool call of an agent waits for this program, so it is one of its own, with next to no
// libraries: `boundary-loki toolcall exec` becomes it, and the shim for `sh` calls it.
#include "bridge/process/exit_code.h"
#include "bridge/toolcall/descriptors.h"
#include "bridge/toolcall/inner.h"
#include "bridge/toolcall/options.h"
#include "bridge/toolcall/processes.h"

int main(int argc, char** argv) {
    namespace toolcall = bridge::toolcall;
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    if (arguments.size() == 1 && arguments.front() == "--inner") {
        return toolcall::run_inner();
    }
    const auto inherited = toolcall::inherited_descriptors();
    const auto call = toolcall::read_options(arguments);
    if (!call) {
        toolcall::complain(call.error().message);
        return static_cast<int>(bridge::ExitCode::Usage);
    }
    return toolcall::run_tool_call(*call, inherited);
}
