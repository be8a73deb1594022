// SPDX-License-Identifier: MIT
#include "base/nanoseconds.h"
#include "bridge/doctor/checks.h"

namespace bridge::doctor {
namespace {

/// Of what is older, Loki shows by default only what it has flushed (query_ingesters_within).
constexpr std::int64_t kShownFromMemoryNs = 3 * 3600 * base::kNanosPerSecond;

/// Why a dashboard shows nothing of what is in Loki.
std::string mismatch(const Gathered& seen, const Totals& totals) {
    const auto& who = seen.settings.enrich.identity;
    for (const auto& other : seen.dashboard.totals) {
        if (other.allowed + other.denied > 0) {
            return "Loki has this workspace's decisions, but this dashboard's query does not "
                   "select them: start the daemon with " +
                   std::string(totals.dashboard->needs) + " (new entries only)";
        }
    }
    if (seen.dashboard.ours > 0) {
        return "Loki has decisions of boundary-loki, but none of owner `" + who.owner +
               "` and workspace `" + who.workspace_name +
               "`: give doctor the identity flags that the daemon has, and keep owner, "
               "workspace_name and decision in --stream-labels";
    }
    if (seen.logs.last_decision_ns &&
        seen.now_ns - *seen.logs.last_decision_ns > kShownFromMemoryNs) {
        return "mend the hops above first; if all are well and the decisions were pushed lately, "
               "wait: of what is older than 3 h Loki shows only what it has flushed, half an hour "
               "after the last push of a stream (POST /flush does so at once)";
    }
    return "mend the hops above first; if all are well, wait for --batch-wait, or see that "
           "Grafana's data source is this Loki and this tenant";
}

std::optional<Finding> request_totals_check(const Gathered& seen) {
    const Totals* totals = seen.dashboard.chosen_totals();
    if (totals == nullptr) {
        return std::nullopt;
    }
    const std::string name = std::string(totals->dashboard->name);
    if (totals->trouble.find("pipeline error") != std::string::npos) {
        return finding("dashboard-totals", State::Fail,
                       name + "'s query stops at lines of another format: " + totals->trouble,
                       "start the daemon with " + std::string(totals->dashboard->needs) +
                           ", and choose a time range behind the last line of the other format; "
                           "or keep the formats apart by --namespace");
    }
    if (!totals->trouble.empty()) {
        return finding("dashboard-totals", State::Fail,
                       name + "'s Request Totals cannot be asked for: " + totals->trouble,
                       "mend the hop to Loki above; where queries are forbidden, ask with "
                       "credentials that may");
    }
    const std::string numbers = name + ": " + std::to_string(totals->allowed) + " allowed, " +
                                std::to_string(totals->denied) + " denied in the last " +
                                duration_text(totals->range);
    if (totals->allowed + totals->denied == 0) {
        return finding("dashboard-totals", State::Fail, numbers, mismatch(seen, *totals));
    }
    if (totals->allowed == 0 && seen.logs.allowed > 0) {
        return finding(
            "dashboard-totals", State::Fail,
            numbers + ", though the logs hold " + std::to_string(seen.logs.allowed) + " ALLOW",
            "see the daemon's hop: it has not pushed them yet, or they are older than "
            "the dashboard's range");
    }
    return finding("dashboard-totals", State::Ok, numbers);
}

std::optional<Finding> others(const Gathered& seen) {
    std::string shown;
    for (const auto& totals : seen.dashboard.totals) {
        if (totals.dashboard->name != seen.dashboard.chosen && totals.allowed + totals.denied > 0) {
            shown += (shown.empty() ? "" : ", ") + std::string(totals.dashboard->name);
        }
    }
    return shown.empty() ? std::nullopt
                         : std::optional(finding("dashboard-others", State::Ok,
                                                 "also shown by dashboards of the kind " + shown));
}

std::optional<Finding> double_counting(const Gathered& seen) {
    if (seen.dashboard.coderd == 0 || seen.dashboard.ours == 0) {
        return std::nullopt;
    }
    const std::string text = "coderd ships decisions to this Loki, too (" +
                             count_text(seen.dashboard.coderd, "line") + ")";
    if (!seen.for_coderd()) {
        return finding("dashboard-doubles", State::Ok,
                       text + "; this dashboard counts boundary-loki's alone");
    }
    return finding("dashboard-doubles", State::Warn,
                   text + ": this dashboard counts such a decision twice",
                   "choose one source: drop coderd's boundary_request lines in the agent that "
                   "ships its log, or give the daemon a --namespace that the dashboard does not "
                   "select");
}

std::optional<Finding> coderd_metrics(const Gathered& seen) {
    const auto& coderd = seen.coderd;
    if (!seen.for_coderd() && coderd.prometheus_url.empty()) {
        return std::nullopt;
    }
    constexpr const char* kRemedy =
        "start coderd with CODER_PROMETHEUS_ENABLE=true and "
        "CODER_PROMETHEUS_COLLECT_AGENT_STATS=true, see that Prometheus scrapes it, and upgrade "
        "Coder when it does not know the metric";
    if (coderd.prometheus_url.empty()) {
        return finding("coderd-metrics", State::Ok,
                       "not looked at: the panels of forwarded batches read coderd's metrics; "
                       "--prometheus-url checks them");
    }
    if (!coderd.trouble.empty()) {
        return finding("coderd-metrics", State::Warn,
                       coderd.prometheus_url + " does not answer: " + coderd.trouble,
                       "correct --prometheus-url");
    }
    if (coderd.agents < 1) {
        return finding("coderd-metrics", State::Warn,
                       "Prometheus has no agent_boundary_log_proxy_batches_forwarded_total: the "
                       "panels of forwarded batches and active agents read zero",
                       kRemedy);
    }
    return finding(
        "coderd-metrics", State::Ok,
        count_text(static_cast<std::uint64_t>(coderd.agents), "agent") + " forwarding to coderd");
}

}  // namespace

const std::vector<Check>& dashboard_checks() {
    static const std::vector<Check> checks = {request_totals_check, others, double_counting,
                                              coderd_metrics};
    return checks;
}

}  // namespace bridge::doctor
