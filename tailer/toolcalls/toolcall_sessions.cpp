// SPDX-License-Identifier: MIT
#include "tailer/toolcalls/toolcall_sessions.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace tailer {
namespace {

/// Of a session; what comes beyond is taken for its main one. Nobody has that many, but a forged
/// journal could.
constexpr std::size_t kMostAgents = 64;

const std::string kMainAgent;

std::optional<std::int64_t> first_from(const std::multiset<std::int64_t>& times,
                                       std::int64_t time_ns) {
    const auto at = times.lower_bound(time_ns);
    return at == times.end() ? std::nullopt : std::optional(*at);
}

std::pair<std::int64_t, std::string_view> place_of(const ToolCallStart& start) {
    return {start.time_ns, start.id};
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

void ToolCallSessions::add_last_before(const Calls& calls, Calls::const_iterator at,
                                       Changed& changed) {
    constexpr int kSeen = 2;  // by how far end_of() looks ahead
    for (int i = 0; i < kSeen && at != calls.begin(); ++i) {
        --at;
        changed.push_back(at->first.second);
    }
}

ToolCallSessions::Changed ToolCallSessions::started(const ToolCallStart& start,
                                                    std::string_view id) {
    Changed changed;
    if (!start.session_id.empty()) {
        Calls& calls = agent(start.session_id, start.agent_id).calls;
        const auto at = calls.try_emplace({start.time_ns, id}).first;
        add_last_before(calls, at, changed);
    }
    return changed;
}

ToolCallSessions::Changed ToolCallSessions::ended(const ToolCallStart& start, std::int64_t end_ns) {
    Changed changed;
    if (!start.session_id.empty()) {
        Calls& calls = agent(start.session_id, start.agent_id).calls;
        const auto at = calls.find(place_of(start));
        if (at != calls.end()) {
            at->second = std::max(end_ns, start.time_ns);
            add_last_before(calls, at, changed);
        }
    }
    return changed;
}

ToolCallSessions::Changed ToolCallSessions::stopped(const ToolCallStop& stop) {
    Changed changed;
    const auto add = [&](const Calls& calls) {
        // Behind all calls of that instant: the lower bound of the next one.
        const auto at = stop.time_ns == INT64_MAX
                            ? calls.end()
                            : calls.lower_bound({stop.time_ns + 1, std::string_view()});
        add_last_before(calls, at, changed);
    };
    ++stops_;
    if (stop.whole_session) {
        Session& session = sessions_[stop.session_id];
        session.ends.insert(stop.time_ns);
        for (const auto& [id, mine] : session.agents) {
            add(mine.calls);
        }
    } else {
        Agent& mine = agent(stop.session_id, stop.agent_id);
        mine.stops.insert(stop.time_ns);
        add(mine.calls);
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
    const Calls& calls = mine->second.calls;
    lower(end, first_from(mine->second.stops, start.time_ns));
    auto next = calls.lower_bound(place_of(start));
    if (next != calls.end() && ++next != calls.end()) {
        lower(end, next->second);
        if (++next != calls.end()) {
            lower(end, next->first.first);
        }
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
    const auto forget_in = [this, limit_ns](Times& times) {
        const auto behind = times.upper_bound(limit_ns);
        stops_ -= static_cast<std::size_t>(std::distance(times.begin(), behind));
        times.erase(times.begin(), behind);
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
