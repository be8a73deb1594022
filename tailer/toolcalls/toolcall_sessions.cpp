// SPDX-License-Identifier: MIT
#include "tailer/toolcalls/toolcall_sessions.h"

#include <algorithm>
#include <tuple>

namespace tailer {
namespace {

/// Of a session; what comes beyond is taken for its main one. Nobody has that many, but a forged
/// journal could.
constexpr std::size_t kMostAgents = 64;

const std::string kMainAgent;

void insert(std::vector<std::int64_t>& times, std::int64_t time_ns) {
    times.insert(std::ranges::upper_bound(times, time_ns), time_ns);
}

std::optional<std::int64_t> first_from(const std::vector<std::int64_t>& times,
                                       std::int64_t time_ns) {
    const auto at = std::ranges::lower_bound(times, time_ns);
    return at == times.end() ? std::nullopt : std::optional(*at);
}

void lower(std::optional<std::int64_t>& end, std::optional<std::int64_t> other) {
    if (other && (!end || *other < *end)) {
        end = other;
    }
}

}  // namespace

const std::string& ToolCallSessions::name_in(const Session& session, const std::string& id) {
    const bool fits = session.agents.size() < kMostAgents || session.agents.contains(id);
    return fits ? id : kMainAgent;
}

ToolCallSessions::Agent& ToolCallSessions::agent(const std::string& session,
                                                 const std::string& id) {
    Session& found = sessions_[session];
    return found.agents[name_in(found, id)];
}

std::size_t ToolCallSessions::place(const Agent& agent, const ToolCallStart& start) {
    const auto at = std::ranges::lower_bound(
        agent.calls, std::tuple(start.time_ns, std::string_view(start.id)), {},
        [](const Call& call) { return std::tuple(call.start_ns, call.id); });
    return static_cast<std::size_t>(at - agent.calls.begin());
}

void ToolCallSessions::add_last_before(const Agent& agent, std::size_t at, Changed& changed) {
    constexpr std::size_t kSeen = 2;  // by how far end_of() looks ahead
    for (std::size_t back = 1; back <= std::min(kSeen, at); ++back) {
        changed.push_back(agent.calls[at - back].id);
    }
}

ToolCallSessions::Changed ToolCallSessions::started(const ToolCallStart& start,
                                                    std::string_view id) {
    Changed changed;
    if (!start.session_id.empty()) {
        Agent& mine = agent(start.session_id, start.agent_id);
        const std::size_t at = place(mine, start);
        mine.calls.insert(mine.calls.begin() + static_cast<std::ptrdiff_t>(at),
                          Call{start.time_ns, id, std::nullopt});
        add_last_before(mine, at, changed);
    }
    return changed;
}

ToolCallSessions::Changed ToolCallSessions::ended(const ToolCallStart& start, std::int64_t end_ns) {
    Changed changed;
    if (!start.session_id.empty()) {
        Agent& mine = agent(start.session_id, start.agent_id);
        const std::size_t at = place(mine, start);
        if (at < mine.calls.size() && mine.calls[at].id == start.id) {
            mine.calls[at].end_ns = std::max(end_ns, start.time_ns);
            add_last_before(mine, at, changed);
        }
    }
    return changed;
}

ToolCallSessions::Changed ToolCallSessions::stopped(const ToolCallStop& stop) {
    Changed changed;
    const auto add = [&](const Agent& mine) {
        const auto at = std::ranges::upper_bound(mine.calls, stop.time_ns, {}, &Call::start_ns);
        add_last_before(mine, static_cast<std::size_t>(at - mine.calls.begin()), changed);
    };
    ++stops_;
    if (stop.whole_session) {
        Session& session = sessions_[stop.session_id];
        insert(session.ends, stop.time_ns);
        for (const auto& [id, mine] : session.agents) {
            add(mine);
        }
    } else {
        Agent& mine = agent(stop.session_id, stop.agent_id);
        insert(mine.stops, stop.time_ns);
        add(mine);
    }
    return changed;
}

std::optional<std::int64_t> ToolCallSessions::end_of(const ToolCallStart& start) const {
    const auto found = sessions_.find(start.session_id);
    if (start.session_id.empty() || found == sessions_.end()) {
        return std::nullopt;
    }
    const Session& session = found->second;
    const auto mine = session.agents.find(name_in(session, start.agent_id));
    auto end = first_from(session.ends, start.time_ns);
    if (mine == session.agents.end()) {
        return end;
    }
    const auto& calls = mine->second.calls;
    lower(end, first_from(mine->second.stops, start.time_ns));
    const std::size_t at = place(mine->second, start);
    if (at + 1 < calls.size()) {
        lower(end, calls[at + 1].end_ns);
    }
    if (at + 2 < calls.size()) {
        lower(end, calls[at + 2].start_ns);
    }
    return end;
}

void ToolCallSessions::add_stop_times(std::vector<std::int64_t>& times) const {
    for (const auto& [id, session] : sessions_) {
        times.insert(times.end(), session.ends.begin(), session.ends.end());
        for (const auto& [agent_id, mine] : session.agents) {
            times.insert(times.end(), mine.stops.begin(), mine.stops.end());
        }
    }
}

void ToolCallSessions::forget(std::int64_t limit_ns) {
    const auto forget_in = [this, limit_ns](std::vector<std::int64_t>& times) {
        stops_ -= static_cast<std::size_t>(
            std::erase_if(times, [limit_ns](std::int64_t time_ns) { return time_ns <= limit_ns; }));
    };
    for (auto& [id, session] : sessions_) {
        forget_in(session.ends);
        for (auto& [agent_id, mine] : session.agents) {
            mine.calls.clear();
            forget_in(mine.stops);
        }
        std::erase_if(session.agents, [](const auto& entry) { return entry.second.stops.empty(); });
    }
    std::erase_if(sessions_, [](const auto& entry) {
        return entry.second.ends.empty() && entry.second.agents.empty();
    });
}

}  // namespace tailer
