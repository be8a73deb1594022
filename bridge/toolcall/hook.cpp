// SPDX-License-Identifier: MIT
#include "bridge/toolcall/hook.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <initializer_list>

#include <poll.h>
#include <simdjson.h>
#include <unistd.h>

#include "base/clock.h"
#include "bridge/toolcall/boundary_ancestors.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLargestEvent = 16U << 20U;

std::string text_of(const simdjson::dom::object& event, std::string_view name) {
    std::string_view text;
    const bool there = event[name].get_string().get(text) == simdjson::SUCCESS;
    return there ? std::string(text) : "";
}

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> these) {
    return std::ranges::find(these, text) != these.end();
}

/// All that comes until the end of input; nothing when that does not come in time.
std::optional<std::string> read_to_end(int fd, milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::string text;
    std::array<char, 64U << 10U> chunk{};
    while (text.size() <= kLargestEvent) {
        const auto left =
            std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd poll{fd, POLLIN, 0};
        const int ready =
            ::poll(&poll, 1, static_cast<int>(std::max(left, milliseconds(0)).count()));
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        const ::ssize_t got = ready > 0 ? ::read(fd, chunk.data(), chunk.size()) : -1;
        if (got == 0) {
            return text;
        }
        if (got < 0) {
            return std::nullopt;
        }
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return std::nullopt;
}

}  // namespace

std::optional<tailer::ToolCallRecord> toolcall_of_hook(std::string_view event,
                                                       std::int64_t now_ns) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(event.data(), event.size()).get_object().get(object) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    const std::string kind = text_of(object, "hook_event_name");
    const std::string id = text_of(object, "tool_use_id");
    const std::string session = text_of(object, "session_id");
    if (is_any_of(kind, {"Stop", "StopFailure", "SubagentStop", "UserPromptSubmit"}) &&
        !session.empty()) {
        return tailer::ToolCallStop{session, text_of(object, "agent_id"), now_ns, false};
    }
    if (is_any_of(kind, {"SessionStart", "SessionEnd"}) && !session.empty()) {
        return tailer::ToolCallStop{session, "", now_ns, true};
    }
    if (id.empty()) {
        return std::nullopt;
    }
    if (kind == "PreToolUse") {
        tailer::ToolCallStart start;
        start.id = id;
        start.tool = text_of(object, "tool_name");
        start.source = tailer::ToolCallSource::Hook;
        start.time_ns = now_ns;
        start.session_id = session;
        start.agent_id = text_of(object, "agent_id");
        return start;
    }
    if (is_any_of(kind, {"PostToolUse", "PostToolUseFailure", "PermissionDenied"})) {
        return tailer::ToolCallEnd{id, now_ns, kind == "PostToolUse" ? 0 : 1};
    }
    return std::nullopt;
}

void journal_hook(int fd, const std::string& journal_dir, milliseconds patience) {
    // When the call starts is when it is told, not when we are done reading.
    const std::int64_t now_ns = base::SystemClock().wall_ns();
    const auto event = read_to_end(fd, patience);
    auto record = event ? toolcall_of_hook(*event, now_ns) : std::nullopt;
    if (!record) {
        return;
    }
    if (auto* start = std::get_if<tailer::ToolCallStart>(&*record)) {
        BoundaryAncestors above = boundary_ancestors(::getpid());
        start->pids = std::move(above.pids);
        start->process = std::move(above.confined_process);
    }
    // Nobody is there to be told of a failure: the tool call must go on.
    static_cast<void>(tailer::append_toolcall(journal_dir, *record));
}

}  // namespace bridge
