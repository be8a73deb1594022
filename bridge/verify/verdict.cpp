// SPDX-License-Identifier: MIT
#include "bridge/verify/verdict.h"

#include <algorithm>

#include "base/rfc3339.h"
#include "bridge/console/json_text.h"
#include "bridge/console/terminal.h"

namespace bridge::verify {
namespace {

struct Totals {
    std::uint64_t decisions = 0;
    std::uint64_t notices = 0;
    std::uint64_t missing = 0;
    std::uint64_t doubled = 0;
    std::uint64_t altered = 0;
    std::uint64_t unexpected = 0;
    std::uint64_t unnumbered = 0;
    std::uint64_t begin_before = 0;
};

Totals totals_of(const Verdict& verdict) {
    Totals all;
    for (const auto& session : verdict.sessions) {
        all.decisions += session.decisions;
        all.notices += session.notices;
        all.unnumbered += session.unnumbered;
        all.begin_before += session.begins_before ? 1 : 0;
        for (const Findings* findings : {&session.of_decisions, &session.of_notices}) {
            all.missing += findings->missing.count();
            all.doubled += findings->doubled.count();
            all.altered += findings->altered.count();
            all.unexpected += findings->unexpected.count();
        }
    }
    return all;
}

std::string grouped_digits(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3) {
        text.insert(at - 3, 1, ',');
    }
    return text;
}

/// "3, 7-9, ..."
std::string named(const NamedNumbers& numbers) {
    constexpr std::size_t kShown = 8;
    std::string text;
    std::size_t shown = 0;
    for (const auto& [first, last] : numbers.runs()) {
        text.append(shown == 0 ? "" : ", ");
        if (++shown > kShown) {
            return text + "...";
        }
        text.append(std::to_string(first));
        if (last > first) {
            text.append("-").append(std::to_string(last));
        }
    }
    return text;
}

void put_findings(std::string& out, const Findings& findings, std::string_view kind) {
    const auto put = [&](std::string_view what, const NamedNumbers& numbers) {
        if (numbers.count() > 0) {
            out.append("    ").append(what).append(" ").append(grouped_digits(numbers.count()));
            out.append(": ").append(kind).append(" ").append(named(numbers)).append("\n");
        }
    };
    put("missing", findings.missing);
    put("doubled", findings.doubled);
    put("altered", findings.altered);
    put("unexpected", findings.unexpected);
}

void put_session(std::string& out, const SessionVerdict& session) {
    out.append("  ").append(printable(session.session));
    if (!session.workspace.empty()) {
        out.append("  ").append(printable(session.owner)).append("/");
        out.append(printable(session.workspace));
    }
    out.append("  ").append(counted(session.decisions, "decision", "decisions"));
    if (session.lowest) {
        out.append(", ").append(std::to_string(*session.lowest)).append(" to ");
        out.append(std::to_string(*session.highest));
    }
    out += '\n';
    put_findings(out, session.of_decisions, "decision");
    put_findings(out, session.of_notices, "notice of line");
}

void put_workspace(std::string& out, const WorkspaceVerdict& verdict) {
    out.append("  ").append(printable(verdict.owner)).append("/");
    out.append(printable(verdict.workspace)).append("  ");
    out.append(grouped_digits(verdict.both)).append(" at both, ");
    out.append(grouped_digits(verdict.missing_at_coderd)).append(" missing at coderd, ");
    out.append(grouped_digits(verdict.missing_here)).append(" missing here\n");
    for (const auto& [session, numbers] : verdict.sessions) {
        out.append("    missing at coderd ").append(grouped_digits(numbers.count()));
        out.append(": ").append(printable(session)).append(" decision ");
        out.append(named(numbers)).append("\n");
    }
    for (const std::int64_t event_ns : verdict.missing_here_at) {
        out.append("    missing here: a request of ");
        base::append_rfc3339_nano(out, event_ns);
        out.append("\n");
    }
}

void write_numbers(JsonText& json, std::string_view name, const NamedNumbers& numbers) {
    json.key(name).open('{').key("count").number(numbers.count()).key("runs").open('[');
    for (const auto& [first, last] : numbers.runs()) {
        json.open('[').number(first).number(last).close(']');
    }
    json.close(']').close('}');
}

void write_findings(JsonText& json, std::string_view name, std::uint64_t count,
                    const Findings& findings) {
    json.key(name).open('{').key("count").number(count);
    write_numbers(json, "missing", findings.missing);
    write_numbers(json, "doubled", findings.doubled);
    write_numbers(json, "altered", findings.altered);
    write_numbers(json, "unexpected", findings.unexpected);
    json.close('}');
}

void write_workspaces(JsonText& json, const Verdict& verdict) {
    json.key("coderd").open('[');
    for (const auto& workspace : verdict.workspaces) {
        json.open('{').key("owner").string(workspace.owner);
        json.key("workspace_name").string(workspace.workspace);
        json.key("both").number(workspace.both);
        json.key("missing_at_coderd").number(workspace.missing_at_coderd);
        json.key("missing_here").number(workspace.missing_here).key("sessions").open('[');
        for (const auto& [session, numbers] : workspace.sessions) {
            json.open('{').key("session").string(session);
            write_numbers(json, "missing_at_coderd", numbers);
            json.close('}');
        }
        json.close(']').key("missing_here_at").open('[');
        for (const std::int64_t event_ns : workspace.missing_here_at) {
            json.time(event_ns);
        }
        json.close(']').close('}');
    }
    json.close(']');
}

void write_sentences(JsonText& json, std::string_view name, const std::vector<std::string>& all) {
    json.key(name).open('[');
    for (const auto& sentence : all) {
        json.string(sentence);
    }
    json.close(']');
}

std::string conclusion(const Verdict& verdict, const Totals& all) {
    if (!verdict.troubles.empty()) {
        return "NOT VERIFIED: the server could not be asked for all of it";
    }
    if (!verdict.with_logs && verdict.sessions.empty()) {
        return "NOT VERIFIED: nothing of boundary-loki's is stored where it was asked for; check "
               "--loki-url, --tenant, --since, and whose trail it is to be";
    }
    if (verdict.complete()) {
        return verdict.with_logs ? "complete: all that the logs hold is there, once"
                                 : "complete: no number is missing, none is there twice";
    }
    if (all.missing + all.doubled + all.altered + all.unexpected == 0) {
        return "NOT EQUAL: coderd and the trail differ";
    }
    return "NOT COMPLETE: " + grouped_digits(all.missing) + " missing, " +
           grouped_digits(all.doubled) + " doubled, " + grouped_digits(all.altered) + " altered, " +
           grouped_digits(all.unexpected) + " unexpected";
}

}  // namespace

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
    return grouped_digits(count) + " " + std::string(count == 1 ? one : many);
}

bool Verdict::complete() const {
    return troubles.empty() && (with_logs || !sessions.empty()) &&
           std::ranges::all_of(sessions, &SessionVerdict::whole) &&
           std::ranges::all_of(workspaces, [](const WorkspaceVerdict& each) {
               return each.missing_here + each.missing_at_coderd == 0;
           });
}

std::string verdict_text(const Verdict& verdict) {
    constexpr std::size_t kMostSessions = 50;
    const Totals all = totals_of(verdict);
    std::string out = "Asked " + printable(verdict.server) + "\n  for " + printable(verdict.query);
    if (verdict.from_ns < verdict.until_ns) {
        out += "\n  from ";
        base::append_rfc3339_nano(out, verdict.from_ns);
        out += " to ";
        base::append_rfc3339_nano(out, verdict.until_ns);
    }
    out += verdict.with_logs ? "\nThe logs hold " : "\nStored are ";
    out += counted(verdict.sessions.size(), "session", "sessions") + " with " +
           counted(all.decisions, "decision", "decisions") + " and " +
           counted(all.notices, "notice", "notices") + "\n\n";
    std::uint64_t broken = 0;
    for (const auto& session : verdict.sessions) {
        if (!session.whole() && ++broken <= kMostSessions) {
            put_session(out, session);
        }
    }
    if (broken > kMostSessions) {
        out += "  and " + counted(broken - kMostSessions, "session", "sessions") +
               " more; --json names all\n";
    }
    out += broken > 0 ? "\n" : "";
    if (verdict.against_coderd) {
        out += "What coderd recorded beside it:\n";
        for (const auto& workspace : verdict.workspaces) {
            put_workspace(out, workspace);
        }
        out += '\n';
    }
    for (const auto& note : verdict.notes) {
        out.append("Note: ").append(printable(note)).append("\n");
    }
    for (const auto& trouble : verdict.troubles) {
        out.append("Trouble: ").append(printable(trouble)).append("\n");
    }
    return out + conclusion(verdict, all) + "\n";
}

std::string verdict_json(const Verdict& verdict) {
    const Totals all = totals_of(verdict);
    JsonText json;
    json.open('{').key("complete").boolean(verdict.complete());
    json.key("asked_fully").boolean(verdict.troubles.empty());
    json.key("with_logs").boolean(verdict.with_logs);
    json.key("server").string(verdict.server).key("query").string(verdict.query);
    json.key("from").time(verdict.from_ns).key("until").time(verdict.until_ns);
    json.key("totals").open('{').key("sessions").number(verdict.sessions.size());
    json.key("decisions").number(all.decisions).key("notices").number(all.notices);
    json.key("missing").number(all.missing).key("doubled").number(all.doubled);
    json.key("altered").number(all.altered).key("unexpected").number(all.unexpected);
    json.key("unnumbered").number(all.unnumbered);
    json.key("begin_before").number(all.begin_before).close('}');
    json.key("sessions").open('[');
    for (const auto& session : verdict.sessions) {
        json.open('{').key("session").string(session.session);
        json.key("owner").string(session.owner).key("workspace_name").string(session.workspace);
        json.key("whole").boolean(session.whole());
        if (session.lowest) {
            json.key("lowest").number(*session.lowest).key("highest").number(*session.highest);
        }
        write_findings(json, "decisions", session.decisions, session.of_decisions);
        write_findings(json, "notices", session.notices, session.of_notices);
        json.key("unnumbered").number(session.unnumbered);
        json.key("begins_before").boolean(session.begins_before).close('}');
    }
    json.close(']');
    if (verdict.against_coderd) {
        write_workspaces(json, verdict);
    }
    write_sentences(json, "notes", verdict.notes);
    write_sentences(json, "troubles", verdict.troubles);
    json.close('}');
    return json.take();
}

}  // namespace bridge::verify
