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

std::vector<WorkspaceVerdict> Reconciliation::conclude() {
    const auto order = [](const Request& request) {
        return std::tuple(request.workspace, request.key, request.event_ns, request.session,
                          request.seq);
    };
    std::ranges::sort(ours_, {}, order);
    std::ranges::sort(coderds_, {}, order);
    std::vector<WorkspaceVerdict> all(workspaces_.size());
    for (std::size_t i = 0; i < workspaces_.size(); ++i) {
        const std::size_t line = workspaces_[i].find('\n');
        all[i].owner = workspaces_[i].substr(0, line);
        all[i].workspace = workspaces_[i].substr(line + 1);
    }
    std::map<std::pair<std::uint32_t, std::uint32_t>, NamedNumbers> missing_there;
    const auto only_ours = [&](const Request& request) {
        ++all[request.workspace].missing_at_coderd;
        missing_there[{request.workspace, request.session}].add(request.seq);
    };
    const auto only_coderds = [&](const Request& request) {
        WorkspaceVerdict& verdict = all[request.workspace];
        if (verdict.missing_here++ < WorkspaceVerdict::kMostTimes) {
            verdict.missing_here_at.push_back(request.event_ns);
        }
    };
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < ours_.size() && j < coderds_.size()) {
        const Request& ours = ours_[i];
        const Request& theirs = coderds_[j];
        const auto group = [](const Request& request) {
            return std::pair(request.workspace, request.key);
        };
        const std::int64_t apart = distance(ours.event_ns, theirs.event_ns);
        // The next one of a side may be nearer: then this one has no counterpart.
        const auto nearer = [&](const std::vector<Request>& side, std::size_t next,
                                const Request& to) {
            return next < side.size() && group(side[next]) == group(to) &&
                   distance(side[next].event_ns, to.event_ns) < apart;
        };
        if (group(ours) < group(theirs) ||
            (group(ours) == group(theirs) && ours.event_ns < theirs.event_ns &&
             (apart > kSameWithinNs || nearer(ours_, i + 1, theirs)))) {
            only_ours(ours);
            ++i;
        } else if (group(theirs) < group(ours) ||
                   (theirs.event_ns < ours.event_ns &&
                    (apart > kSameWithinNs || nearer(coderds_, j + 1, ours)))) {
            only_coderds(theirs);
            ++j;
        } else {
            ++all[ours.workspace].both;
            ++i;
            ++j;
        }
    }
    std::for_each(ours_.begin() + static_cast<std::ptrdiff_t>(i), ours_.end(), only_ours);
    std::for_each(coderds_.begin() + static_cast<std::ptrdiff_t>(j), coderds_.end(), only_coderds);
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
