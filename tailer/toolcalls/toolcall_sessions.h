// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailer/toolcalls/toolcall_record.h"

namespace tailer {

/// When a call that has no end of its own is over all the same. Claude Code tells the start of a
/// call that the user then refuses, and never an end. What does end it: that its agent stopped,
/// that its session ended, or that the agent went on to other calls. One other call may run beside
/// it, so the call is over with that one's end, or when a third starts. Not thread-safe.
///
/// What it says is a pure function of what it was told, in whatever order. Each record takes a
/// number of steps that grows with the logarithm of how many there are.
class ToolCallSessions {
public:
    /// Ids of the calls whose end may be another one than before. The views are those given.
    using Changed = std::vector<std::string_view>;

    /// `id` must live as long as this does. A call without a session is none of ours.
    Changed started(const ToolCallStart& start, std::string_view id);
    Changed ended(const ToolCallStart& start, std::int64_t end_ns);
    Changed stopped(const ToolCallStop& stop);

    /// Nothing when nothing says that it is over.
    [[nodiscard]] std::optional<std::int64_t> end_of(const ToolCallStart& start) const;

    [[nodiscard]] std::size_t stops() const { return stops_; }
    void add_stop_times(std::vector<std::int64_t>& times) const;
    /// Forgets all calls, and the stops up to this time.
    void forget(std::int64_t limit_ns);

private:
    /// By start, then id; when each ended.
    using Calls = std::map<std::pair<std::int64_t, std::string_view>, std::optional<std::int64_t>>;
    using Times = std::multiset<std::int64_t>;
    struct Agent {
        Calls calls;
        Times stops;
    };
    struct Session {
        std::map<std::string, Agent> agents;  ///< by id; the main one has none
        Times ends;
    };

    static void add_last_before(const Calls& calls, Calls::const_iterator at, Changed& changed);
    Agent& agent(const std::string& session, const std::string& id);
    [[nodiscard]] static const std::string& name_in(const Session& session, const std::string& id);

    std::map<std::string, Session> sessions_;
    std::size_t stops_ = 0;
};

}  // namespace tailer
