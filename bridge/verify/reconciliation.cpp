// SPDX-License-Identifier: MIT
#include "bridge/verify/reconciliation.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

#include "base/nanoseconds.h"
#include "base/rfc3339.h"

namespace bridge::verify {
namespace {

/// Boundary stamps the line and the record one after the other.
constexpr std::int64_t kSameWithinNs = base::kNanosPerSecond;

std::int64_t distance(std::int64_t a, std::int64_t b) { return a > b ? a - b : b - a; }

bool is_set(std::string_view value) { return !value.empty(); }

}  // namespace

std::uint32_t Reconciliation::number_of(std::map<std::string, std::uint32_t>& numbers,
                                        std::vector<std::string>& names, const std::string& name) {
    const auto [at, is_new] = numbers.try_emplace(name, static_cast<std::uint32_t>(names.size()));
    if (is_new) {
        names.push_back(name);
    }
    return at->second;
}

void Reconciliation::read(std::string_view line, Read& read) {
    std::string message;
    std::string owner;
    std::string workspace;
    std::string decision;
    std::string method;
    std::string url;
    std::optional<std::int64_t> event_ns;
    const bool understood = fields_.read(line, [&](std::string_view name, std::string_view value) {
        if (name == "msg") {
            message = value;
        } else if (name == "owner") {
            owner = value;
        } else if (name == "workspace_name") {
            workspace = value;
        } else if (name == "decision") {
            decision = value;
        } else if (name == "http_method") {
            method = value;
        } else if (name == "http_url") {
            url = value;
        } else if (name == "event_time") {
            event_ns = base::parse_rfc3339(value);
        } else if (name == "session") {
            read.session = value;
        } else if (name == "seq") {
            std::from_chars(value.data(), value.data() + value.size(), read.request.seq);
        }
    });
    if (!understood || message != "boundary_request" || !event_ns || *event_ns < from_ns_ ||
        *event_ns >= until_ns_) {
        return;
    }
    if ((is_set(only_owner_) && owner != only_owner_) ||
        (is_set(only_workspace_) && workspace != only_workspace_)) {
        return;
    }
    read.counts = true;
    read.request.event_ns = *event_ns;
    const std::string whose = owner + "\n" + workspace;
    read.request.workspace = number_of(workspace_numbers_, workspaces_, whose);
    std::string key = whose;
    // Ours is normalised already, and coderd's as Boundary gave it.
    key.append("\n").append(decision).append("\n").append(method).append("\n");
    key.append(is_set(read.session) ? std::string_view(url) : urls_.normalize(url, "").http_url);
    read.request.key = hash_.of(key);
}

void Reconciliation::take_ours(std::string_view line) {
    Read ours;
    read(line, ours);
    if (ours.counts && is_set(ours.session)) {
        ours.request.session = number_of(session_numbers_, sessions_, ours.session);
        ours_.push_back(ours.request);
    }
}

void Reconciliation::take_coderds(std::string_view line) {
    Read theirs;
    read(line, theirs);
    if (theirs.counts && !is_set(theirs.session)) {
        coderds_.push_back(theirs.request);
    }
}

Reconciliation::Pairing Reconciliation::pairing(std::size_t ours_at, std::size_t coderds_at) const {
    const Request& ours = ours_[ours_at];
    const Request& theirs = coderds_[coderds_at];
    const auto group = [](const Request& request) {
        return std::pair(request.workspace, request.key);
    };
    if (group(ours) != group(theirs)) {
        return group(ours) < group(theirs) ? Pairing::OnlyOurs : Pairing::OnlyCoderds;
    }
    const std::int64_t apart = distance(ours.event_ns, theirs.event_ns);
    const auto has_none = [&](const std::vector<Request>& side, std::size_t at, const Request& to) {
        const auto nearer = [&](const Request& next) {
            return group(next) == group(to) && distance(next.event_ns, to.event_ns) < apart;
        };
        return side[at].event_ns < to.event_ns &&
               (apart > kSameWithinNs || (at + 1 < side.size() && nearer(side[at + 1])));
    };
    if (has_none(ours_, ours_at, theirs)) {
        return Pairing::OnlyOurs;
    }
    return has_none(coderds_, coderds_at, ours) ? Pairing::OnlyCoderds : Pairing::Both;
}

std::vector<WorkspaceVerdict> Reconciliation::blank_verdicts() const {
    std::vector<WorkspaceVerdict> all;
    for (const auto& name : workspaces_) {
        const std::size_t line = name.find('\n');
        auto& verdict = all.emplace_back();
        verdict.owner = name.substr(0, line);
        verdict.workspace = name.substr(line + 1);
    }
    return all;
}

std::vector<WorkspaceVerdict> Reconciliation::conclude() {
    const auto order = [](const Request& request) {
        return std::tuple(request.workspace, request.key, request.event_ns, request.session,
                          request.seq);
    };
    std::ranges::sort(ours_, {}, order);
    std::ranges::sort(coderds_, {}, order);
    std::vector<WorkspaceVerdict> all = blank_verdicts();
    std::map<std::pair<std::uint32_t, std::uint32_t>, NamedNumbers> missing_there;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < ours_.size() || j < coderds_.size()) {
        const Pairing pair = i == ours_.size()      ? Pairing::OnlyCoderds
                             : j == coderds_.size() ? Pairing::OnlyOurs
                                                    : pairing(i, j);
        if (pair == Pairing::Both) {
            ++all[ours_[i].workspace].both;
        } else if (pair == Pairing::OnlyOurs) {
            ++all[ours_[i].workspace].missing_at_coderd;
            missing_there[{ours_[i].workspace, ours_[i].session}].add(ours_[i].seq);
        } else {
            WorkspaceVerdict& verdict = all[coderds_[j].workspace];
            if (verdict.missing_here++ < WorkspaceVerdict::kMostTimes) {
                verdict.missing_here_at.push_back(coderds_[j].event_ns);
            }
        }
        i += pair == Pairing::OnlyCoderds ? 0 : 1;
        j += pair == Pairing::OnlyOurs ? 0 : 1;
    }
    for (const auto& [where, numbers] : missing_there) {
        all[where.first].sessions.emplace_back(sessions_[where.second], numbers);
    }
    for (auto& verdict : all) {
        std::ranges::sort(verdict.missing_here_at);
    }
    std::ranges::sort(all, {}, [](const WorkspaceVerdict& each) {
        return std::pair(each.owner, each.workspace);
    });
    return all;
}

}  // namespace bridge::verify
