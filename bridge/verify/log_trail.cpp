// SPDX-License-Identifier: MIT
#include "bridge/verify/log_trail.h"

#include <algorithm>

#include "base/nanoseconds.h"
#include "exporter/loki/stream_labels.h"

namespace bridge::verify {
namespace {

constexpr std::int64_t kDayNs = 86'400 * base::kNanosPerSecond;

// Of Expected::flags.
constexpr unsigned kJudged = 1;     ///< it lies in the span
constexpr unsigned kMayChange = 2;  ///< another journal may name another tool call
constexpr unsigned kNamesCall = 4;
constexpr unsigned kAltered = 8;
constexpr unsigned kNamesSession = 16;

std::int64_t day_of(std::int64_t unix_ns) {
    return unix_ns / kDayNs - (unix_ns % kDayNs < 0 ? 1 : 0);
}

std::uint32_t short_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }

}  // namespace

LogTrail::Session& LogTrail::session_of(std::string_view name) {
    if (last_ == nullptr || name != last_name_) {  // lines come in runs of one file
        last_name_ = name;
        last_ = &sessions_[last_name_];
        last_->verdict.session = last_name_;
    }
    return *last_;
}

void LogTrail::on_record(const tailer::Record& record) {
    if (!record.shipped) {
        return;
    }
    const auto line = reader_.read(record.line);
    if (!line || !line->seq) {
        return;
    }
    Session& session = session_of(line->session);
    session.identity = line->identity;
    session.verdict.owner = line->owner;
    session.verdict.workspace = line->workspace;
    Expected expected{.whole = line->whole,
                      .core = short_of(line->core),
                      .stream = static_cast<std::uint16_t>(record.stream)};
    unsigned flags = (record.tool_call_may_change ? kMayChange : 0U) |
                     (line->names_tool_call ? kNamesCall : 0U) |
                     (line->names_boundary_session ? kNamesSession : 0U);
    if (span_.holds(record.timestamp_ns)) {
        flags |= kJudged;
        days_.insert(day_of(record.timestamp_ns));
    }
    expected.flags = static_cast<std::uint8_t>(flags);
    enter(session, *line, expected);
}

void LogTrail::enter(Session& session, const StoredLine& line, const Expected& expected) {
    const std::uint64_t seq = *line.seq;
    const bool decision = line.kind == StoredLine::Kind::Decision;
    if (decision && seq == session.decisions.size()) {
        session.decisions.push_back(expected);
        return;
    }
    if (!decision && session.notices.emplace(seq, expected).second) {
        return;
    }
    // Another log of the same name. The same line there is one entry in Loki, too.
    const auto known = under(session, line.kind, seq);
    if (std::ranges::none_of(known,
                             [&](const Expected* each) { return each->whole == line.whole; })) {
        (decision ? session.more_decisions : session.more_notices).emplace(seq, expected);
    }
}

std::vector<LogTrail::Expected*> LogTrail::under(Session& session, StoredLine::Kind kind,
                                                 std::uint64_t seq) {
    std::vector<Expected*> found;
    const bool decision = kind == StoredLine::Kind::Decision;
    if (decision && seq < session.decisions.size()) {
        found.push_back(&session.decisions[seq]);
    }
    if (const auto notice = session.notices.find(seq);
        !decision && notice != session.notices.end()) {
        found.push_back(&notice->second);
    }
    auto& more = decision ? session.more_decisions : session.more_notices;
    const auto [first, end] = more.equal_range(seq);
    for (auto at = first; at != end; ++at) {
        found.push_back(&at->second);
    }
    return found;
}

std::vector<std::string> LogTrail::session_names() const {
    std::vector<std::string> names;
    names.reserve(sessions_.size());
    for (const auto& [name, session] : sessions_) {
        names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
}

bool LogTrail::is_own(const StoredEntry& entry, std::uint16_t stream, const StoredEntries& source) {
    for (auto set = static_cast<LabelSet>(stream_of_set_.size()); set <= entry.labels; ++set) {
        base::Labels labels = source.labels(set);
        std::erase_if(labels, [](const auto& label) { return label.first == "late"; });
        const auto at = std::ranges::find(streams_, labels);
        stream_of_set_.push_back(at == streams_.end() ? -1
                                                      : static_cast<int>(at - streams_.begin()));
    }
    // Some servers do not tell them.
    return source.labels(entry.labels).empty() || stream_of_set_[entry.labels] == stream;
}

void LogTrail::take(const StoredEntry& entry, const StoredEntries& source) {
    const auto line = reader_.read(entry.line);
    if (!line) {
        return;
    }
    const auto it = sessions_.find(std::string(line->session));
    if (it == sessions_.end()) {
        return;
    }
    Session& session = it->second;
    if (!line->seq) {
        // A notice without a number is the daemon's own.
        const bool decision = line->kind == StoredLine::Kind::Decision;
        session.verdict.unnumbered += decision && !again_ ? 1 : 0;
        return;
    }
    const auto known = under(session, line->kind, *line->seq);
    auto at = std::ranges::find(known, line->whole, &Expected::whole);
    if (at == known.end()) {
        at = std::ranges::find(known, short_of(line->core), &Expected::core);
    }
    if (at != known.end()) {
        settle(session, *line, **at, entry, source);
    } else if (!again_) {
        mismatch(session, *line, !known.empty());
    }
}

/// The entry is the decision that `expected` is.
void LogTrail::settle(Session& session, const StoredLine& line, Expected& expected,
                      const StoredEntry& entry, const StoredEntries& source) {
    const bool decision = line.kind == StoredLine::Kind::Decision;
    Findings& findings = decision ? session.verdict.of_decisions : session.verdict.of_notices;
    if (again_ && expected.found > 0) {
        return;
    }
    if (line.whole != expected.whole) {
        if (line.identity != session.identity) {
            ++other_identity_;
            ++session.namesakes[std::string(line.identity)].same;
        } else if ((expected.flags & kMayChange) != 0 ||
                   line.names_tool_call != ((expected.flags & kNamesCall) != 0)) {
            ++other_tool_call_;
        } else if (line.names_boundary_session != ((expected.flags & kNamesSession) != 0)) {
            ++other_version_;
        } else {
            expected.flags |= std::uint8_t{kAltered};
            findings.altered.add(*line.seq);
            return;
        }
    }
    if (expected.found > 0) {
        findings.doubled.add(*line.seq);
    }
    expected.found = static_cast<std::uint8_t>(std::min(expected.found + 1, 255));
    if (!is_own(entry, expected.stream, source)) {
        ++elsewhere_[entry.labels];
    }
}

void LogTrail::mismatch(Session& session, const StoredLine& line, bool known_number) {
    const bool decision = line.kind == StoredLine::Kind::Decision;
    SessionVerdict& own = session.verdict;
    Findings* findings = decision ? &own.of_decisions : &own.of_notices;
    if (line.identity != session.identity) {
        // Mostly another workspace's session, of the same second and PID.
        Namesake& other = session.namesakes[std::string(line.identity)];
        findings = decision ? &other.decisions : &other.notices;
    }
    (known_number ? findings->altered : findings->unexpected).add(*line.seq);
    if (line.identity == session.identity) {
        for (Expected* expected : under(session, line.kind, *line.seq)) {
            expected->flags |= std::uint8_t{kAltered};
        }
    }
}

bool LogTrail::misses_any() const {
    const auto missing = [](const Expected& expected) {
        return expected.found == 0 && (expected.flags & (kJudged | kAltered)) == kJudged;
    };
    return std::ranges::any_of(sessions_, [&](const auto& named) {
        const Session& session = named.second;
        const auto second = [&](const auto& each) { return missing(each.second); };
        return std::ranges::any_of(session.decisions, missing) ||
               std::ranges::any_of(session.notices, second) ||
               std::ranges::any_of(session.more_decisions, second) ||
               std::ranges::any_of(session.more_notices, second);
    });
}

void LogTrail::judge(Session& session) {
    SessionVerdict& verdict = session.verdict;
    for (auto& [identity, namesake] : session.namesakes) {
        if (namesake.same == 0) {
            continue;  // none of our log
        }
        for (const auto kind : {StoredLine::Kind::Decision, StoredLine::Kind::Notice}) {
            const bool decision = kind == StoredLine::Kind::Decision;
            const Findings& theirs = decision ? namesake.decisions : namesake.notices;
            Findings& ours = decision ? verdict.of_decisions : verdict.of_notices;
            ours.altered.add_all(theirs.altered);
            ours.unexpected.add_all(theirs.unexpected);
            for (const auto& [first, last] : theirs.altered.runs()) {
                for (std::uint64_t seq = first; seq <= last; ++seq) {
                    for (Expected* expected : under(session, kind, seq)) {
                        expected->flags |= std::uint8_t{kAltered};
                    }
                }
            }
        }
    }
    const auto count = [](const Expected& expected, std::uint64_t seq, std::uint64_t& all,
                          Findings& findings) {
        if ((expected.flags & kJudged) == 0) {
            return false;
        }
        ++all;
        if (expected.found == 0 && (expected.flags & kAltered) == 0) {
            findings.missing.add(seq);
        }
        return true;
    };
    for (std::uint64_t seq = 0; seq < session.decisions.size(); ++seq) {
        if (count(session.decisions[seq], seq, verdict.decisions, verdict.of_decisions)) {
            verdict.lowest = verdict.lowest.value_or(seq);
            verdict.highest = seq;
        }
    }
    for (const auto& [seq, expected] : session.more_decisions) {
        count(expected, seq, verdict.decisions, verdict.of_decisions);
    }
    for (const auto& [seq, expected] : session.notices) {
        count(expected, seq, verdict.notices, verdict.of_notices);
    }
    for (const auto& [seq, expected] : session.more_notices) {
        count(expected, seq, verdict.notices, verdict.of_notices);
    }
}

void LogTrail::add_notes(Verdict& verdict, const StoredEntries& source) const {
    constexpr std::size_t kShown = 10;
    auto& notes = verdict.notes;
    std::size_t shown = 0;
    for (const auto& [set, count] : elsewhere_) {
        if (++shown > kShown) {
            notes.push_back("and under " + std::to_string(elsewhere_.size() - kShown) +
                            " more label sets");
            break;
        }
        notes.push_back(counted(count, "entry lies", "entries lie") +
                        " under other labels than these settings make: " +
                        exporter::stream_labels_text(source.labels(set)));
    }
    if (other_identity_ > 0) {
        notes.push_back(counted(other_identity_, "entry names", "entries name") +
                        " another owner, workspace or agent than these settings do");
    }
    if (other_tool_call_ > 0) {
        notes.push_back(counted(other_tool_call_, "entry names", "entries name") +
                        " another tool call than the journal here does, or none: what is joined "
                        "by time may come out otherwise later, and a journal may not have moved "
                        "with its logs");
    }
    if (other_version_ > 0) {
        notes.push_back(counted(other_version_, "entry is", "entries are") +
                        " as another version of boundary-loki makes them: they name Boundary's "
                        "own session where this one does not, or the other way round");
    }
    if (unparsed_ > 0) {
        notes.push_back(counted(unparsed_, "line", "lines") +
                        " of the logs could not be understood, and are not pushed to Loki");
    }
    std::uint64_t unnumbered = 0;
    std::uint64_t namesakes = 0;
    for (const auto& session : verdict.sessions) {
        unnumbered += session.unnumbered;
    }
    for (const auto& [name, session] : sessions_) {
        namesakes += static_cast<std::uint64_t>(std::ranges::count_if(
            session.namesakes, [](const auto& each) { return each.second.same == 0; }));
    }
    if (unnumbered > 0) {
        notes.push_back(counted(unnumbered, "entry is", "entries are") +
                        " of an early version and without a number: it cannot be told whether "
                        "these decisions are counted twice");
    }
    if (namesakes > 0) {
        notes.push_back(counted(namesakes, "session", "sessions") +
                        " of the same name in other workspaces left out");
    }
}

void LogTrail::conclude(Verdict& verdict, const StoredEntries& source) {
    for (const auto& name : session_names()) {
        Session& session = sessions_[name];
        judge(session);
        verdict.sessions.push_back(session.verdict);
    }
    add_notes(verdict, source);
}

}  // namespace bridge::verify
