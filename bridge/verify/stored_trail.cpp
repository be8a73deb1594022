// SPDX-License-Identifier: MIT
#include "bridge/verify/stored_trail.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include "base/nanoseconds.h"
#include "exporter/loki/stream_labels.h"
#include "tailer/records/enricher.h"

namespace bridge::verify {
namespace {

/// An entry and its double mostly have the same timestamp. What lies further apart is told by its
/// own time.
constexpr std::size_t kRemembered = 32'768;
/// A server that moves equal timestamps apart moves them by nanoseconds.
constexpr std::int64_t kMostMovedNs = 2 * base::kNanosPerMillisecond;
constexpr std::size_t kMostPairs = 20;

/// An entry whose number stood in an older one already. Is it another line? Then it says the time
/// at which it stands, and the older one, which is the same line else, said its own.
bool stands_at_its_time(const StoredLine& line, std::int64_t timestamp_ns) {
    if (!line.event_ns) {
        return false;
    }
    const std::int64_t own_ns = tailer::timestamp_of(*line.event_ns, *line.seq);
    return timestamp_ns >= own_ns && timestamp_ns <= base::add_saturated(own_ns, kMostMovedNs);
}

bool has_gap(const NumberSet& numbers, bool begins_before) {
    return numbers.runs().size() > 1 ||
           (!numbers.empty() && numbers.lowest() > 0 && !begins_before);
}

bool in_one_run(const NumberSet& a, const NumberSet& b) {
    if (a.meets(b)) {
        return false;
    }
    NumberSet both = a;
    both.merge(b);
    return both.runs().size() < a.runs().size() + b.runs().size();
}

}  // namespace

std::size_t StoredTrail::KeyHash::operator()(const Key& key) const noexcept {
    const std::uint64_t mixed = (key.seq ^ (std::uint64_t{key.session} << 32U) ^
                                 (key.kind == StoredLine::Kind::Notice ? 1ULL << 63U : 0)) *
                                0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(mixed ^ (mixed >> 29U));
}

const StoredTrail::Seen* StoredTrail::recent(const Key& key) const {
    for (const auto* seen : {&latest_, &before_}) {
        if (const auto it = seen->find(key); it != seen->end()) {
            return &it->second;
        }
    }
    return nullptr;
}

void StoredTrail::remember(const Key& key, const Seen& seen) {
    if (latest_.size() >= kRemembered) {
        before_.swap(latest_);
        latest_.clear();
    }
    latest_.emplace(key, seen);
}

StoredTrail::Trail& StoredTrail::trail_of(Session& session, const StoredLine& line,
                                          std::uint32_t& index) {
    auto at = std::ranges::find(session.trails, line.identity, &Trail::identity);
    if (at == session.trails.end()) {
        session.trails.emplace_back();
        at = session.trails.end() - 1;
        at->identity = line.identity;
        at->owner = line.owner;
        at->workspace = line.workspace;
    }
    index = static_cast<std::uint32_t>(at - session.trails.begin());
    return *at;
}

void StoredTrail::take(const StoredEntry& entry) {
    const auto line = reader_.read(entry.line);
    if (!line) {
        strange_ += again_ ? 0 : 1;
        return;
    }
    const bool decision = line->kind == StoredLine::Kind::Decision;
    if (!line->seq && !decision) {
        return;  // the daemon's own notice
    }
    auto [it, is_new_session] = sessions_.try_emplace(std::string(line->session));
    Session& session = it->second;
    if (is_new_session) {
        session.index = static_cast<std::uint32_t>(sessions_.size());
    }
    std::uint32_t index = 0;
    Trail& trail = trail_of(session, *line, index);
    trail.first_ns = trail.decisions.empty() && trail.notices.empty()
                         ? entry.timestamp_ns
                         : std::min(trail.first_ns, entry.timestamp_ns);
    if (!line->seq) {
        trail.unnumbered += again_ ? 0 : 1;
        return;
    }
    const std::uint64_t seq = *line->seq;
    const bool is_new = (decision ? trail.decisions : trail.notices).insert(seq);
    if (again_) {
        return;
    }
    Findings& findings = decision ? trail.of_decisions : trail.of_notices;
    const Key key{seq, session.index, line->kind};
    const Seen* seen = recent(key);
    bool doubled = false;
    if (!is_new) {
        const bool altered = seen != nullptr && seen->trail == index
                                 ? seen->whole != line->whole && seen->core != line->core
                                 : stands_at_its_time(*line, entry.timestamp_ns);
        (altered ? findings.altered : findings.doubled).add(seq);
        doubled = !altered;
    } else if (seen != nullptr && seen->trail != index && seen->core == line->core) {
        trail.copy_of = seen->trail;
        findings.doubled.add(seq);
        doubled = true;
    }
    if (doubled && seen != nullptr) {
        const std::pair pair{seen->labels, entry.labels};
        if (doubled_under_.contains(pair) || doubled_under_.size() < kMostPairs) {
            ++doubled_under_[pair];
        }
    }
    if (seen == nullptr) {
        remember(key, {line->whole, line->core, index, entry.labels});
    }
}

bool StoredTrail::misses_any() const {
    return std::ranges::any_of(sessions_, [](const auto& named) {
        return std::ranges::any_of(named.second.trails, [](const Trail& trail) {
            return has_gap(trail.decisions, trail.begins_before);
        });
    });
}

void StoredTrail::absorb(Trail& into, const Trail& other) {
    if (into.decisions.empty() ||
        (!other.decisions.empty() && other.decisions.lowest() < into.decisions.lowest())) {
        into.begins_before = other.begins_before;
    }
    into.decisions.merge(other.decisions);
    into.notices.merge(other.notices);
    into.of_decisions.doubled.add_all(other.of_decisions.doubled);
    into.of_decisions.altered.add_all(other.of_decisions.altered);
    into.of_notices.doubled.add_all(other.of_notices.doubled);
    into.of_notices.altered.add_all(other.of_notices.altered);
    into.unnumbered += other.unnumbered;
    into.first_ns = std::min(into.first_ns, other.first_ns);
}

void StoredTrail::join() {
    for (auto& [name, session] : sessions_) {
        auto& trails = session.trails;
        for (std::uint32_t i = static_cast<std::uint32_t>(trails.size()); i-- > 1;) {
            for (std::uint32_t first = 0; first < i; ++first) {
                if (trails[i].copy_of == first || trails[first].copy_of == i ||
                    in_one_run(trails[first].decisions, trails[i].decisions)) {
                    absorb(trails[first], trails[i]);
                    trails.erase(trails.begin() + i);
                    ++joined_;
                    break;
                }
            }
        }
    }
}

std::vector<std::string> StoredTrail::headless() const {
    std::vector<std::string> names;
    for (const auto& [name, session] : sessions_) {
        if (std::ranges::any_of(session.trails, [](const Trail& trail) {
                return !trail.decisions.empty() && trail.decisions.lowest() > 0;
            })) {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

void StoredTrail::take_earlier(const StoredEntry& entry) {
    const auto line = reader_.read(entry.line);
    if (!line || !line->seq || line->kind != StoredLine::Kind::Decision) {
        return;
    }
    const auto it = sessions_.find(std::string(line->session));
    if (it == sessions_.end()) {
        return;
    }
    auto& trails = it->second.trails;
    const auto at = std::ranges::find(trails, line->identity, &Trail::identity);
    if (at != trails.end() && !at->decisions.empty() && *line->seq < at->decisions.lowest()) {
        at->begins_before = true;
    }
}

void StoredTrail::forgive_beginnings(std::int64_t from_ns, std::int64_t edge_ns) {
    for (auto& [name, session] : sessions_) {
        for (auto& trail : session.trails) {
            if (!trail.decisions.empty() && trail.decisions.lowest() > 0 && !trail.begins_before &&
                trail.first_ns < base::add_saturated(from_ns, edge_ns)) {
                trail.begins_before = true;
                trail.forgiven = true;
            }
        }
    }
}

SessionVerdict StoredTrail::verdict_of(const std::string& name, const Trail& trail) const {
    SessionVerdict verdict;
    verdict.session = name;
    verdict.owner = trail.owner;
    verdict.workspace = trail.workspace;
    verdict.decisions = trail.decisions.size();
    verdict.notices = trail.notices.size();
    verdict.of_decisions = trail.of_decisions;
    verdict.of_notices = trail.of_notices;
    verdict.unnumbered = trail.unnumbered;
    verdict.begins_before = trail.begins_before;
    if (trail.decisions.empty()) {
        return verdict;
    }
    verdict.lowest = trail.decisions.lowest();
    verdict.highest = trail.decisions.highest();
    std::uint64_t next = trail.begins_before ? trail.decisions.lowest() : 0;
    for (const auto& [first, last] : trail.decisions.runs()) {
        if (first > next) {
            verdict.of_decisions.missing.add({next, first - 1});
        }
        next = last + 1;
    }
    return verdict;
}

void StoredTrail::conclude(Verdict& verdict, const StoredEntries& source) const {
    std::uint64_t unnumbered = 0;
    std::uint64_t before = 0;
    std::uint64_t forgiven = 0;
    for (const auto& [name, session] : sessions_) {
        for (const auto& trail : session.trails) {
            verdict.sessions.push_back(verdict_of(name, trail));
            unnumbered += trail.unnumbered;
            before += trail.begins_before && !trail.forgiven ? 1 : 0;
            forgiven += trail.forgiven ? 1 : 0;
        }
    }
    std::ranges::sort(verdict.sessions, std::less<>(), [](const SessionVerdict& each) {
        return std::tie(each.session, each.owner, each.workspace);
    });
    auto& notes = verdict.notes;
    for (const auto& [sets, count] : doubled_under_) {
        const auto text = [&](LabelSet set) {
            return exporter::stream_labels_text(source.labels(set));
        };
        notes.push_back(counted(count, "doubled entry lies under ", "doubled entries lie under ") +
                        text(sets.first) +
                        (sets.first == sets.second ? " twice" : " and " + text(sets.second)));
    }
    if (joined_ > 0) {
        notes.push_back(counted(joined_, "session lies", "sessions lie") +
                        " under more than one owner, workspace or agent");
    }
    if (unnumbered > 0) {
        notes.push_back(counted(unnumbered, "entry is", "entries are") +
                        " of an early version and without a number: nothing can be said of them");
    }
    if (before > 0) {
        notes.push_back(counted(before, "session began", "sessions began") +
                        " before the span; what lies there was not looked at");
    }
    if (forgiven > 0) {
        notes.push_back(counted(forgiven, "session lacks its", "sessions lack their") +
                        " first numbers at the very start of the span, and nothing earlier is "
                        "stored: perhaps the server's retention took them; a shorter --since "
                        "tells");
    }
    if (strange_ > 0) {
        notes.push_back(counted(strange_, "entry is", "entries are") +
                        " none of boundary-loki's, and left out");
    }
    notes.emplace_back(
        "of decisions behind a session's last number nothing can be seen here: `verify PATH` "
        "holds the logs against the server");
}

}  // namespace bridge::verify
