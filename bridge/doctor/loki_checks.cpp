// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "bridge/console/answer_text.h"
#include "bridge/doctor/checks.h"
#include "exporter/loki/push_outcome.h"

namespace bridge::doctor {
namespace {

using exporter::Outcome;
using exporter::Reply;

/// Loki's creation_grace_period by default: it refuses what is further in the future.
constexpr std::int64_t kGraceSeconds = 600;
constexpr std::int64_t kSmallSkewSeconds = 30;

std::string answer(const Reply& reply) {
    const std::string text = answer_text(reply);
    return reply.transport == Reply::Transport::Answered
               ? std::to_string(reply.status) + (text.empty() ? "" : " " + text)
               : text;
}

/// What to do about an answer that is not the wanted one.
std::string mend(const Reply& reply) {
    if (const auto known = exporter::advice(reply); !known.empty()) {
        return std::string(known);
    }
    return reply.status == 429
               ? "Loki limits the rate: raise ingestion_rate_mb and ingestion_burst_size_mb"
               : "look at Loki's own log, or that of the gateway before it";
}

std::optional<Finding> reachable(const Gathered& seen) {
    const auto& loki = seen.loki;
    if (loki.url.empty()) {
        return stop("loki-address", "no Loki address is set",
                    "set --loki-url or LOKI_ADDR, for instance http://loki.example:3100");
    }
    if (!loki.trouble.empty()) {
        return stop("loki-address", loki.trouble, "correct --loki-url (LOKI_ADDR)");
    }
    if (loki.reached()) {
        return finding("loki-reachable", State::Ok, loki.url);
    }
    return stop("loki-reachable", loki.url + ": " + answer(loki.query),
                "see that host and port are right and may be reached from here (DNS, network "
                "policy, a proxy in http_proxy), and with https that --ca-cert trusts it");
}

std::optional<Finding> ready(const Gathered& seen) {
    const auto& loki = seen.loki;
    if (!loki.reached()) {
        return std::nullopt;
    }
    if (loki.ready.transport == Reply::Transport::Answered && loki.ready.status == 200) {
        return finding("loki-ready", State::Ok, "ready");
    }
    if (loki.ready.status == 503) {
        return finding("loki-ready", loki.queries() ? State::Warn : State::Fail,
                       "not ready: " + answer(loki.ready),
                       "wait half a minute if it has just started; else look at Loki's own log");
    }
    return std::nullopt;  // a gateway may keep /ready to itself
}

std::optional<Finding> credentials(const Gathered& seen) {
    const auto& loki = seen.loki;
    if (!loki.reached()) {
        return std::nullopt;
    }
    if (loki.queries()) {
        return finding(
            "loki-query", State::Ok,
            "queries are answered" +
                (seen.settings.loki.tenant.empty() ? "" : ", tenant " + seen.settings.loki.tenant));
    }
    const bool pushes = loki.probed && exporter::classify(loki.push) == Outcome::Stored;
    return finding("loki-query", pushes ? State::Warn : State::Fail,
                   "a query got " + answer(loki.query), mend(loki.query));
}

/// What another server than Loki means for the promises and the dashboards.
std::optional<Finding> server(const Gathered& seen) {
    const auto& loki = seen.loki;
    if (!loki.reached() || !loki.victoria_logs) {
        return std::nullopt;
    }
    if (loki.queries()) {
        return finding("loki-server", State::Ok,
                       "VictoriaLogs: what lost its answer is read back before it is sent again; "
                       "the dashboards need a Loki");
    }
    return finding("loki-server", State::Warn,
                   "VictoriaLogs stores twice what it is sent twice, and cannot be read: a push "
                   "that lost its answer is stored twice",
                   "let these credentials query /select/logsql/query beside /insert");
}

std::optional<Finding> clock(const Gathered& seen) {
    if (!seen.loki.ahead_seconds) {
        return std::nullopt;
    }
    const std::int64_t ahead = *seen.loki.ahead_seconds;
    const std::string text = duration_text(std::chrono::seconds(std::abs(ahead))) +
                             (ahead > 0 ? " ahead of" : " behind") + " Loki's";
    if (std::abs(ahead) <= kSmallSkewSeconds) {
        return finding("loki-clock", State::Ok, "our clock and Loki's agree");
    }
    const bool refused = ahead > kGraceSeconds;
    return finding(
        "loki-clock", refused ? State::Fail : State::Warn,
        "our clock is " + text + (refused ? ": Loki refuses what is 10 minutes in the future" : ""),
        "let NTP set both clocks");
}

std::optional<Finding> metadata(const Gathered& seen) {
    const auto& loki = seen.loki;
    if (!loki.probed || exporter::classify(loki.push) != Outcome::Stored) {
        return std::nullopt;
    }
    if (!loki.metadata_refused) {
        return finding("loki-metadata", State::Ok, "structured metadata is taken");
    }
    return finding("loki-metadata", State::Warn,
                   "structured metadata is refused: lines are pushed without it, and tables of "
                   "domains and tool calls are empty",
                   "set allow_structured_metadata: true in Loki's limits_config (schema v13, "
                   "index tsdb)");
}

std::optional<Finding> probe(const Gathered& seen) {
    const auto& loki = seen.loki;
    if (!loki.probed) {
        return std::nullopt;
    }
    if (exporter::classify(loki.push) != Outcome::Stored) {
        return finding("loki-probe", State::Fail, "a probe was not stored: " + answer(loki.push),
                       mend(loki.push));
    }
    if (loki.found) {
        return finding("loki-probe", State::Ok, "a probe was pushed and read back");
    }
    return finding("loki-probe", loki.queries() ? State::Fail : State::Warn,
                   "a probe was pushed, but did not come back: " + answer(loki.read_back),
                   "see that --loki-url leads to the Loki that is queried, and as the same tenant; "
                   "else look at Loki's ingesters");
}

}  // namespace

const std::vector<Check>& loki_checks() {
    static const std::vector<Check> checks = {reachable, ready,    credentials, server,
                                              clock,     metadata, probe};
    return checks;
}

}  // namespace bridge::doctor
