// SPDX-License-Identifier: MIT
#include "bridge/doctor/checks.h"

#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridge::doctor {
namespace {

using exporter::Reply;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kNow = 1'800'000'000 * kSecondNs;

Reply answered(long status, std::string body = "") {
    Reply reply;
    reply.transport = Reply::Transport::Answered;
    reply.status = status;
    reply.body = std::move(body);
    return reply;
}

/// A workspace where all is well.
Gathered healthy() {
    Gathered seen;
    seen.now_ns = kNow;
    seen.settings.log_dirs = {"/tmp/boundary_logs"};
    seen.settings.enrich.identity.owner = "joe";
    seen.settings.enrich.identity.workspace_name = "w1";
    seen.settings.enrich.identity.agent_name = "main";
    seen.settings.enrich.identity.kubernetes_namespace = "coder-workspaces";
    seen.boundary.program = "/usr/bin/boundary";
    seen.boundary.version = {0, 9, 0};
    seen.boundary.config_file = "/etc/b.yaml";
    seen.boundary.log_dir = BoundaryValue{"/tmp/boundary_logs", "/etc/b.yaml"};
    seen.boundary.log_level = BoundaryValue{"info", "/etc/b.yaml"};
    seen.logs.folders = {{"/tmp/boundary_logs", true, "", 2}};
    seen.logs.files = 2;
    seen.logs.empty_files = 1;
    seen.logs.allowed = 5;
    seen.logs.denied = 3;
    seen.logs.info_lines = 5;
    seen.logs.last_decision_ns = kNow - 60 * kSecondNs;
    seen.daemon.state_dir = "/state";
    seen.daemon.lock = DaemonSide::Lock::Held;
    seen.daemon.metrics_address = "127.0.0.1:9765";
    seen.daemon.metrics = {{"boundary_loki_lag_seconds", 0.0}};
    seen.loki.url = "http://loki.example:3100";
    seen.loki.ready = answered(200, "ready");
    seen.loki.query = answered(200);
    seen.loki.ahead_seconds = 0;
    seen.loki.probed = true;
    seen.loki.push = answered(204);
    seen.loki.read_back = answered(200);
    seen.loki.found = true;
    seen.dashboard.chosen = "boundary-loki";
    for (const auto& dashboard : dashboards()) {
        Totals totals;
        totals.dashboard = &dashboard;
        totals.range = dashboard.range;
        totals.allowed = 5;
        totals.denied = 3;
        seen.dashboard.totals.push_back(totals);
    }
    seen.dashboard.ours = 8;
    return seen;
}

void show_nothing(Gathered& seen) {
    for (auto& totals : seen.dashboard.totals) {
        totals.allowed = 0;
        totals.denied = 0;
    }
    seen.dashboard.ours = 0;
}

TEST(ChecksTest, FindNothingToMendWhereAllIsWell) {
    const Findings findings = run_checks(healthy());
    EXPECT_EQ(first_cause(findings), nullptr);
    std::set<std::string> names;
    for (const auto& finding : findings) {
        EXPECT_EQ(finding.state, State::Ok) << finding.check << ": " << finding.seen;
        EXPECT_EQ(finding.remedy, "") << finding.check;
        EXPECT_TRUE(names.insert(finding.check).second) << finding.check << " stands twice";
    }
}

const Finding* found(const Findings& findings, const std::string& check) {
    const auto at = std::ranges::find(findings, check, &Finding::check);
    return at == findings.end() ? nullptr : &*at;
}

TEST(ChecksTest, SayWhatAVictoriaLogsMeans) {
    EXPECT_EQ(found(run_checks(healthy()), "loki-server"), nullptr);
    Gathered seen = healthy();
    seen.loki.victoria_logs = true;
    seen.dashboard.totals.clear();
    const Findings well = run_checks(seen);
    EXPECT_EQ(first_cause(well), nullptr);
    ASSERT_NE(found(well, "loki-server"), nullptr);
    EXPECT_THAT(found(well, "loki-server")->seen, HasSubstr("read back before it is sent again"));

    seen.loki.query = answered(403);
    const Findings blind = run_checks(seen);
    EXPECT_EQ(found(blind, "loki-server")->state, State::Warn);
    EXPECT_THAT(found(blind, "loki-server")->seen, HasSubstr("stored twice"));
}

TEST(ChecksTest, PutWhatStopsAllDecisionsBeforeWhatStopsSome) {
    Gathered seen = healthy();
    seen.boundary.log_level = BoundaryValue{"warn", "BOUNDARY_LOG_LEVEL"};
    seen.logs.info_lines = 0;
    ASSERT_EQ(first_cause(run_checks(seen))->check, "boundary-log-level");
    seen.logs.files = 0;
    seen.logs.skipped[static_cast<std::size_t>(tailer::SkipReason::ForeignOwner)] = 3;
    seen.logs.first_skipped = {{tailer::SkipReason::ForeignOwner, 0, "/l/boundary-x.log", 4321}};
    const Findings findings = run_checks(seen);
    const Finding* first = first_cause(findings);
    ASSERT_EQ(first->check, "log-skipped");
    EXPECT_THAT(first->seen, HasSubstr("3 log files, which is all there are"));
    EXPECT_THAT(first->seen, HasSubstr("/l/boundary-x.log: user 4321 owns it"));
    EXPECT_THAT(first->remedy, HasSubstr("--trust-owner 4321"));
    EXPECT_EQ(found(findings, "boundary-program")->state, State::Ok) << "something wrote them";
    seen.logs.files = 2;
    EXPECT_EQ(found(run_checks(seen), "log-skipped")->state, State::Warn);
}

TEST(ChecksTest, TellOfTwoDaemonsOnOneFolder) {
    Gathered seen = healthy();
    seen.daemon.followers = {{"/l", {11}}};
    EXPECT_EQ(found(run_checks(seen), "daemon-twice"), nullptr);
    seen.daemon.followers = {{"/l", {11, 0}}};
    const Findings twice = run_checks(seen);
    ASSERT_NE(found(twice, "daemon-twice"), nullptr);
    EXPECT_THAT(found(twice, "daemon-twice")->seen,
                HasSubstr("follows /l: process 11 and one in another container"));
    seen.daemon.followers = {{"/l", {11}}};
    seen.daemon.lock = DaemonSide::Lock::Free;
    EXPECT_THAT(found(run_checks(seen), "daemon-twice")->seen, HasSubstr("another state folder"));
}

struct Ill {
    const char* says;
    std::function<void(Gathered&)> make;
    const char* check;
    State state;
    const char* seen;
    const char* remedy;
};

TEST(ChecksTest, NameTheCauseFirstAndWhatToDo) {
    const Ill cases[] = {
        {"no Boundary at all",
         [](Gathered& seen) {
             seen.boundary = {};
             seen.logs = {};
             seen.logs.folders = {{"/tmp/boundary_logs", false, "", 0}};
         },
         "boundary-program", State::Fail, "nothing runs under Boundary", "agent-firewall"},
        {"a configuration that is no YAML",
         [](Gathered& seen) {
             seen.boundary.config_trouble = "/etc/b.yaml is no valid YAML";
             seen.boundary.config_asked_for = true;
         },
         "boundary-config", State::Fail, "no valid YAML", "BOUNDARY_CONFIG"},
        {"another log folder",
         [](Gathered& seen) { seen.boundary.log_dir->value = "/var/log/other"; },
         "boundary-log-dir", State::Fail, "/var/log/other", "--log-dir /var/log/other"},
        {"no log folder at all",
         [](Gathered& seen) {
             seen.boundary.log_dir.reset();
             seen.logs = {};
             seen.logs.folders = {{"/tmp/boundary_logs", true, "", 0}};
         },
         "boundary-log-dir", State::Fail, "stderr alone", "log_dir: /tmp/boundary_logs"},
        {"level warn",
         [](Gathered& seen) {
             seen.boundary.log_level->value = "WARN";
             seen.logs.allowed = 0;
             seen.logs.info_lines = 0;
         },
         "boundary-log-level", State::Fail, "ALLOW is never written",
         "set `log_level: info` in /etc/b.yaml"},
        {"level warn by a variable",
         [](Gathered& seen) {
             seen.boundary.log_level = BoundaryValue{"warn", "BOUNDARY_LOG_LEVEL"};
             seen.logs.info_lines = 0;
         },
         "boundary-log-level", State::Fail, "BOUNDARY_LOG_LEVEL", "BOUNDARY_LOG_LEVEL=info"},
        {"level error",
         [](Gathered& seen) {
             seen.boundary.log_level->value = "error";
             seen.logs.info_lines = 0;
         },
         "boundary-log-level", State::Fail, "neither ALLOW nor DENY", "info"},
        {"an unset level and denials alone",
         [](Gathered& seen) {
             seen.boundary.log_level.reset();
             seen.logs.allowed = 0;
             seen.logs.info_lines = 0;
         },
         "boundary-log-level", State::Fail, "its default", "info"},
        {"a level that took no effect yet",
         [](Gathered& seen) {
             seen.logs.allowed = 0;
             seen.logs.info_lines = 0;
         },
         "boundary-log-level", State::Warn, "before the change", "start the agent anew"},
        {"an old Boundary", [](Gathered& seen) { seen.logs.without_scheme = 4; }, "boundary-urls",
         State::Warn, "4 decisions without scheme", "v0.5.2"},
        {"an old Boundary that has not been run",
         [](Gathered& seen) {
             seen.boundary.version = {0, 5, 1};
         },
         "boundary-urls", State::Warn, "v0.5.2", "upgrade"},
        {"a taken proxy port", [](Gathered& seen) { seen.logs.no_listener = 1; },
         "boundary-listener", State::Warn, "proxy port was taken", "proxy_port"},
        {"no audit socket", [](Gathered& seen) { seen.logs.no_socket = 2; },
         "boundary-audit-socket", State::Warn, "never reached coderd",
         "CODER_AGENT_BOUNDARY_LOG_PROXY_SOCKET_PATH"},
        {"audit off", [](Gathered& seen) { seen.logs.audit_off = 1; }, "boundary-audit-socket",
         State::Warn, "switched off", "DISABLE_AUDIT_LOGS"},
        {"audit records dropped", [](Gathered& seen) { seen.logs.audit_dropped = 1; },
         "boundary-audit-socket", State::Warn, "dropped records", "this bridge's"},
        {"no session id", [](Gathered& seen) { seen.dashboard.chosen = "coderd-json"; },
         "boundary-sessions", State::Warn, "Firewall Sessions", "beyond v0.9.0"},
        {"inside the jail", [](Gathered& seen) { seen.boundary.inside_jail = true; },
         "boundary-jail", State::Warn, "inside the jail", "outside"},
        {"no folder",
         [](Gathered& seen) {
             seen.logs = {};
             seen.logs.folders = {{"/tmp/boundary_logs", false, "", 0}};
         },
         "log-folders", State::Fail, "none of the log folders exists", "--log-dir"},
        {"a closed folder",
         [](Gathered& seen) {
             seen.logs.folders[0].trouble = "cannot list /tmp/boundary_logs: Permission denied";
         },
         "log-folders", State::Fail, "Permission denied", "as the user that Boundary runs as"},
        {"no file",
         [](Gathered& seen) {
             seen.logs = {};
             seen.logs.folders = {{"/tmp/boundary_logs", true, "", 0}};
         },
         "log-files", State::Fail, "nothing has run under it", "under Boundary"},
        {"a file that cannot be read",
         [](Gathered& seen) { seen.logs.unreadable = {"cannot open x"}; }, "log-access",
         State::Warn, "cannot open x", "as the user"},
        {"lines that nobody knows", [](Gathered& seen) { seen.logs.unparsed = 1; }, "log-lines",
         State::Warn, "1 line not understood", "rejected.ndjson"},
        {"no decision",
         [](Gathered& seen) {
             seen.logs.allowed = 0;
             seen.logs.denied = 0;
         },
         "decisions", State::Fail, "no decision in any log", "curl"},
        {"decisions that Loki is too late for",
         [](Gathered& seen) { seen.logs.last_decision_ns = kNow - 8 * 86'400 * kSecondNs; },
         "last-decision", State::Fail, "8 d ago: Loki refuses", "reject_old_samples_max_age"},
        {"decisions before the dashboard's range",
         [](Gathered& seen) { seen.logs.last_decision_ns = kNow - 2 * 86'400 * kSecondNs; },
         "last-decision", State::Fail, "looks at the last 1 d", "widen"},
        {"a daemon that has never run",
         [](Gathered& seen) {
             seen.daemon.lock = DaemonSide::Lock::NoFolder;
             show_nothing(seen);
         },
         "daemon", State::Fail, "no daemon has ever run on /state", "boundary-loki run"},
        {"a daemon that stopped after it had pushed",
         [](Gathered& seen) { seen.daemon.lock = DaemonSide::Lock::Free; }, "daemon", State::Warn,
         "no daemon runs", "boundary-loki run"},
        {"a state folder of another user",
         [](Gathered& seen) {
             seen.daemon.lock = DaemonSide::Lock::Hidden;
             seen.daemon.lock_trouble = "cannot open /state/lock: Permission denied";
         },
         "daemon", State::Warn, "Permission denied", "as the user"},
        {"metrics of another program",
         [](Gathered& seen) { seen.daemon.metrics_trouble = "no boundary-loki"; }, "daemon-metrics",
         State::Warn, "no boundary-loki", "--metrics-address"},
        {"a lag", [](Gathered& seen) { seen.daemon.metrics["boundary_loki_lag_seconds"] = 7200; },
         "daemon-lag", State::Warn, "2 h old", "Loki"},
        {"a spool", [](Gathered& seen) { seen.daemon.spool_bytes = 77; }, "daemon-lag", State::Warn,
         "77 bytes wait", "Loki"},
        {"entries that were too old for Loki",
         [](Gathered& seen) {
             seen.daemon.refused = {{"greater_than_max_sample_age", 9}};
             show_nothing(seen);
         },
         "daemon-refused", State::Fail, "refused 9 entries", "reject_old_samples_max_age"},
        {"entries refused for another reason",
         [](Gathered& seen) {
             seen.daemon.refused = {{"line_too_long", 1}};
         },
         "daemon-refused", State::Warn, "1 entry for good: line_too_long 1", "rejected.ndjson"},
        {"nobody's decisions", [](Gathered& seen) { seen.settings.enrich.identity = {}; },
         "identity", State::Warn, "not known: owner, workspace, agent;",
         "CODER_WORKSPACE_OWNER_NAME"},
        {"no address", [](Gathered& seen) { seen.loki = {}; }, "loki-address", State::Fail,
         "no Loki address", "--loki-url or LOKI_ADDR"},
        {"nobody there",
         [](Gathered& seen) {
             seen.loki.query = {};
             seen.loki.query.error = "Could not resolve host";
         },
         "loki-reachable", State::Fail, "Could not resolve host", "DNS"},
        {"a Loki that is not ready",
         [](Gathered& seen) { seen.loki.ready = answered(503, "Ingester not ready"); },
         "loki-ready", State::Warn, "Ingester not ready", "wait"},
        {"no tenant",
         [](Gathered& seen) { seen.loki.query = seen.loki.push = answered(401, "no org id"); },
         "loki-query", State::Fail, "401 no org id", "--tenant (LOKI_ORG_ID)"},
        {"no credentials", [](Gathered& seen) { seen.loki.query = seen.loki.push = answered(401); },
         "loki-query", State::Fail, "401", "--bearer-token-file"},
        {"a VictoriaLogs without its path",
         [](Gathered& seen) {
             seen.loki.query = seen.loki.push =
                 answered(400, "unsupported path requested: \"/loki/api/v1/push\"");
         },
         "loki-query", State::Fail, "unsupported path", "/insert"},
        {"a VictoriaLogs that may not be read",
         [](Gathered& seen) {
             seen.loki.victoria_logs = true;
             seen.loki.query = answered(403);
             seen.loki.found = false;
         },
         "loki-query", State::Warn, "403", "read access"},
        {"credentials that may only push", [](Gathered& seen) { seen.loki.query = answered(403); },
         "loki-query", State::Warn, "403", "read access"},
        {"an address with the push path in it",
         [](Gathered& seen) { seen.loki.query = seen.loki.push = answered(404); }, "loki-query",
         State::Fail, "404", "without /loki/api/v1/push"},
        {"a redirect", [](Gathered& seen) { seen.loki.query = seen.loki.push = answered(301); },
         "loki-query", State::Fail, "301", "https://"},
        {"a clock far ahead", [](Gathered& seen) { seen.loki.ahead_seconds = 1200; }, "loki-clock",
         State::Fail, "20 min ahead", "NTP"},
        {"a clock behind", [](Gathered& seen) { seen.loki.ahead_seconds = -90; }, "loki-clock",
         State::Warn, "1 min behind", "NTP"},
        {"no structured metadata", [](Gathered& seen) { seen.loki.metadata_refused = true; },
         "loki-metadata", State::Warn, "refused", "allow_structured_metadata"},
        {"a Loki that limits", [](Gathered& seen) { seen.loki.push = answered(429, "rate"); },
         "loki-probe", State::Fail, "429 rate", "ingestion_rate_mb"},
        {"a probe that does not come back", [](Gathered& seen) { seen.loki.found = false; },
         "loki-probe", State::Fail, "did not come back", "tenant"},
        {"a dashboard that may not be asked",
         [](Gathered& seen) { seen.dashboard.totals[0].trouble = "403"; }, "dashboard-totals",
         State::Fail, "cannot be asked", "credentials"},
        {"lines of another format",
         [](Gathered& seen) {
             seen.dashboard.chosen = "coderd-json";
             seen.dashboard.totals[1].trouble = "pipeline error: 'JSONParserErr' for series";
         },
         "dashboard-totals", State::Fail, "JSONParserErr", "--line-format json"},
        {"a dashboard that selects other streams",
         [](Gathered& seen) {
             seen.dashboard.chosen = "coderd-logfmt";
             seen.dashboard.totals[2].allowed = 0;
             seen.dashboard.totals[2].denied = 0;
         },
         "dashboard-totals", State::Fail, "0 allowed, 0 denied",
         "--namespace coder --label logger=coderd.agentrpc --line-format logfmt"},
        {"another identity",
         [](Gathered& seen) {
             show_nothing(seen);
             seen.dashboard.ours = 4;
         },
         "dashboard-totals", State::Fail, "0 allowed", "none of owner `joe` and workspace `w1`"},
        {"nothing in Loki", show_nothing, "dashboard-totals", State::Fail, "0 allowed",
         "data source"},
        {"old decisions that Loki has not flushed",
         [](Gathered& seen) {
             show_nothing(seen);
             seen.logs.last_decision_ns = kNow - 4 * 3600 * kSecondNs;
         },
         "dashboard-totals", State::Fail, "0 allowed", "/flush"},
        {"ALLOW that is not there yet",
         [](Gathered& seen) { seen.dashboard.totals[0].allowed = 0; }, "dashboard-totals",
         State::Fail, "the logs hold 5 ALLOW", "daemon"},
        {"no metrics of coderd", [](Gathered& seen) { seen.coderd.prometheus_url = "http://p"; },
         "coderd-metrics", State::Warn, "panels of forwarded batches",
         "CODER_PROMETHEUS_COLLECT_AGENT_STATS=true"},
        {"a Prometheus that is away",
         [](Gathered& seen) {
             seen.coderd.prometheus_url = "http://p";
             seen.coderd.trouble = "no answer";
         },
         "coderd-metrics", State::Warn, "no answer", "--prometheus-url"},
        {"two who ship the same",
         [](Gathered& seen) {
             seen.dashboard.chosen = "coderd-json";
             seen.logs.sessions_started = 1;
             seen.dashboard.coderd = 8;
         },
         "dashboard-doubles", State::Warn, "twice", "choose one source"},
    };
    for (const auto& test : cases) {
        Gathered seen = healthy();
        test.make(seen);
        const Findings findings = run_checks(seen);
        const Finding* first = first_cause(findings);
        ASSERT_NE(first, nullptr) << test.says;
        EXPECT_EQ(first->check, test.check) << test.says << ": " << first->seen;
        EXPECT_EQ(first->state, test.state) << test.says;
        EXPECT_THAT(first->seen, HasSubstr(test.seen)) << test.says;
        EXPECT_THAT(first->remedy, HasSubstr(test.remedy)) << test.says;
        for (const auto& finding : findings) {
            EXPECT_EQ(finding.remedy.empty(), finding.state == State::Ok)
                << test.says << ": " << finding.check;
        }
    }
}

TEST(ChecksTest, SayWhoseDashboardsNeedTheNamespace) {
    Gathered seen = healthy();
    seen.settings.enrich.identity.kubernetes_namespace = "";
    const auto identity = [&] {
        for (const auto& finding : run_checks(seen)) {
            if (finding.check == "identity") {
                return finding;
            }
        }
        return Finding{};
    };
    EXPECT_EQ(identity().state, State::Ok);
    EXPECT_THAT(identity().seen, HasSubstr("show nothing without --namespace"));
    seen.dashboard.chosen = "coderd-json";
    EXPECT_EQ(identity().state, State::Warn);
    EXPECT_THAT(identity().remedy, HasSubstr("--namespace (BOUNDARY_LOKI_NAMESPACE)"));
}

TEST(ChecksTest, TellAWarningFromACause) {
    Gathered seen = healthy();
    seen.logs.no_socket = 1;         // a warning of an earlier hop
    seen.loki.push = answered(500);  // what really keeps the dashboard at zero
    const Findings findings = run_checks(seen);
    EXPECT_EQ(first_cause(findings)->check, "loki-probe");
}

TEST(ChecksTest, DoNotMindWhatOtherDashboardsMiss) {
    Gathered seen = healthy();
    seen.dashboard.totals[1].allowed = seen.dashboard.totals[1].denied = 0;
    seen.dashboard.totals[2].allowed = seen.dashboard.totals[2].denied = 0;
    EXPECT_EQ(first_cause(run_checks(seen)), nullptr);
}

TEST(DurationTextTest, IsShort) {
    EXPECT_EQ(duration_text(std::chrono::seconds(0)), "0 s");
    EXPECT_EQ(duration_text(std::chrono::seconds(61)), "1 min");
    EXPECT_EQ(duration_text(std::chrono::seconds(7260)), "2 h 1 min");
    EXPECT_EQ(duration_text(std::chrono::hours(25)), "1 d 1 h");
}

}  // namespace
}  // namespace bridge::doctor
