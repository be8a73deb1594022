// SPDX-License-Identifier: MIT
#include "bridge/toolcall/options.h"

#include <array>
#include <cstdlib>
#include <string>
#include <utility>

#include "tailer/toolcalls/toolcall_record.h"

namespace bridge::toolcall {
namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

std::string journal_dir_by_environment() {
    if (const auto given = environment("BOUNDARY_LOKI_JOURNAL_DIR"); !given.empty()) {
        return std::string(given);
    }
    const auto folders = environment("BOUNDARY_LOG_DIR");
    std::string folder(folders.substr(0, folders.find(':')));
    while (folder.size() > 1 && folder.back() == '/') {
        folder.pop_back();
    }
    return (folder.empty() ? "/tmp/boundary_logs" : folder) + "/" +
           std::string(tailer::kJournalFolder);
}

base::Result<ToolCall> read_options(const std::vector<std::string_view>& arguments) {
    ToolCall call;
    const std::array<std::pair<std::string_view, std::string*>, 3> texts = {
        {{"--journal-dir", &call.journal_dir},
         {"--boundary", &call.boundary},
         {"--tool", &call.tool}}};
    auto next = arguments.begin();
    while (next != arguments.end() && next->starts_with("-")) {
        const std::string_view argument = *next++;
        if (argument == "--") {
            break;
        }
        if (argument == "--fail-open") {
            call.fail_open = true;
            continue;
        }
        const std::size_t equals = argument.find('=');
        std::string* into = nullptr;
        for (const auto& [name, text] : texts) {
            into = argument.substr(0, equals) == name ? text : into;
        }
        if (into == nullptr) {
            return base::failure("unknown option " + std::string(argument));
        }
        if (equals == std::string_view::npos && next == arguments.end()) {
            return base::failure(std::string(argument) + " needs a value");
        }
        *into = equals == std::string_view::npos ? *next++ : argument.substr(equals + 1);
    }
    call.command.assign(next, arguments.end());
    if (call.command.empty()) {
        return base::failure(
            "usage: boundary-loki-toolcall [--boundary COMMAND] [--tool NAME] [--journal-dir DIR] "
            "[--fail-open] -- CMD...");
    }
    if (call.journal_dir.empty()) {
        call.journal_dir = journal_dir_by_environment();
    }
    return call;
}

}  // namespace bridge::toolcall
