// SPDX-License-Identifier: MIT
#include "bridge/doctor/checks.h"

namespace bridge::doctor {
namespace {

using Lock = DaemonSide::Lock;

constexpr double kLagSeconds = 60;

std::string start_it(const Gathered& seen) {
    return "start it: boundary-loki run --state-dir " + seen.daemon.state_dir +
           "; if it keeps its state elsewhere, give its --state-dir to doctor";
}

std::optional<Finding> running(const Gathered& seen) {
    const auto& daemon = seen.daemon;
    // What a replay has pushed stays on the dashboard for as long as its range reaches.
    const State state = seen.dashboard_shows() ? State::Warn : State::Fail;
    switch (daemon.lock) {
        case Lock::Held:
            return finding("daemon", State::Ok, "a daemon runs on " + daemon.state_dir);
        case Lock::Free:
            return finding("daemon", state,
                           "no daemon runs on " + daemon.state_dir + "; one has, before",
                           start_it(seen));
        case Lock::NoFolder:
            return finding("daemon", state, "no daemon has ever run on " + daemon.state_dir,
                           start_it(seen));
        case Lock::Hidden:
            break;
    }
    return finding("daemon", State::Warn, daemon.lock_trouble,
                   "run doctor as the user that the daemon runs as");
}

std::string pids_text(const std::vector<::pid_t>& pids) {
    std::string text;
    for (const ::pid_t pid : pids) {
        text += (text.empty() ? "" : " and ") + (pid > 0 ? "process " + std::to_string(pid)
                                                         : std::string("one in another container"));
    }
    return text;
}

std::optional<Finding> followers(const Gathered& seen) {
    for (const auto& [folder, pids] : seen.daemon.followers) {
        if (pids.size() > 1) {
            return finding("daemon-twice", State::Warn,
                           "more than one daemon follows " + folder + ": " + pids_text(pids) +
                               "; what both push may be counted twice",
                           "stop all but one of them");
        }
        if (seen.daemon.lock != Lock::Held) {
            return finding(
                "daemon-twice", State::Warn,
                "a daemon with another state folder follows " + folder + ": " + pids_text(pids),
                "give doctor that daemon's --state-dir, and start no second one");
        }
    }
    return std::nullopt;
}

std::optional<Finding> metrics(const Gathered& seen) {
    const auto& daemon = seen.daemon;
    if (daemon.lock != Lock::Held) {
        return std::nullopt;
    }
    if (daemon.metrics_address.empty()) {
        return finding("daemon-metrics", State::Ok, "off");
    }
    if (!daemon.metrics_trouble.empty()) {
        return finding("daemon-metrics", State::Warn,
                       "no metrics on " + daemon.metrics_address + ": " + daemon.metrics_trouble,
                       "give doctor the daemon's --metrics-address; if another program has the "
                       "port, give the daemon another one");
    }
    const auto whole = [&](const char* series) {
        return std::to_string(static_cast<std::uint64_t>(daemon.metric(series)));
    };
    return finding("daemon-metrics", State::Ok,
                   whole("boundary_loki_decisions_total{decision=\"allow\"}") + " allowed and " +
                       whole("boundary_loki_decisions_total{decision=\"deny\"}") +
                       " denied read, " + whole("boundary_loki_pushed_entries_total") +
                       " entries pushed since it started");
}

std::optional<Finding> lag(const Gathered& seen) {
    const auto& daemon = seen.daemon;
    const double seconds = daemon.metric("boundary_loki_lag_seconds");
    if (daemon.lock == Lock::Held && seconds > kLagSeconds) {
        return finding("daemon-lag", State::Warn,
                       "the oldest decision that is not durable yet is " +
                           duration_text(std::chrono::seconds(static_cast<std::int64_t>(seconds))) +
                           " old",
                       "see the hop to Loki below, and the daemon's own log");
    }
    if (daemon.spool_bytes > 0) {
        return finding("daemon-lag", State::Warn,
                       std::to_string(daemon.spool_bytes) + " bytes wait for Loki in the spool",
                       "see the hop to Loki below; they are pushed, oldest first, once it takes "
                       "them");
    }
    return std::nullopt;
}

std::optional<Finding> refused(const Gathered& seen) {
    if (seen.daemon.refused.empty()) {
        return std::nullopt;
    }
    std::string reasons;
    std::uint64_t count = 0;
    for (const auto& [reason, times] : seen.daemon.refused) {
        reasons += (reasons.empty() ? "" : ", ") + reason + " " + std::to_string(times);
        count += times;
    }
    const bool old = seen.daemon.refused.contains("greater_than_max_sample_age");
    return finding("daemon-refused", seen.dashboard_shows() ? State::Warn : State::Fail,
                   "Loki refused " + std::to_string(count) + (count == 1 ? " entry" : " entries") +
                       " for good: " + reasons,
                   old ? "they were older than Loki takes: raise reject_old_samples_max_age in "
                         "its limits_config and replay the logs; all are kept in " +
                             seen.daemon.state_dir + "/dead-letter/rejected.ndjson"
                       : "Loki's words stand beside each in " + seen.daemon.state_dir +
                             "/dead-letter/rejected.ndjson; raise that limit and replay the logs");
}

/// What the operator has asked for may still be more than was meant.
std::optional<Finding> kept_queries(const Gathered& seen) {
    if (seen.settings.enrich.url_query != tailer::QueryPolicy::Keep) {
        return std::nullopt;
    }
    return finding("secrets", State::Warn,
                   "--url-query keep: URLs go to Loki with all that their queries and paths hold, "
                   "credentials included",
                   "leave it out, or use --url-query drop");
}

std::optional<Finding> all_notices(const Gathered& seen) {
    if (seen.settings.enrich.notices != tailer::NoticePolicy::All) {
        return std::nullopt;
    }
    return finding("secrets", State::Warn,
                   "--notices all: all that Boundary logs goes to Loki but commands, documents and "
                   "headers; a secret in it that looks like a word goes along",
                   "leave it out, or use --notices none");
}

}  // namespace

const std::vector<Check>& daemon_checks() {
    static const std::vector<Check> checks = {running, followers,    metrics,    lag,
                                              refused, kept_queries, all_notices};
    return checks;
}

}  // namespace bridge::doctor
