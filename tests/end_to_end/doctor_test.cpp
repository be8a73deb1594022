// SPDX-License-Identifier: MIT
// The ways in which a dashboard comes to read zero, each really caused, and what doctor says first.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/end_to_end/daemon.h"
#include "tests/end_to_end/decisions.h"
#include "tests/support/programs.h"

namespace end_to_end {
namespace {

using test_support::eventually;
using test_support::LokiServer;
using test_support::TempDir;
using testing::HasSubstr;

struct Diagnosis {
    int status = -1;
    std::string check;  ///< of what is to be mended first; empty = nothing
    std::string state;
    std::string seen;
    std::string remedy;
    std::string all;
};

/// A workspace with a tenant of its own in a Loki that many share.
class Workspace {
public:
    Workspace(const LokiServer& loki, std::string tenant)
        : tenant_(std::move(tenant)), daemon_(loki.url()) {
        std::filesystem::create_directories(daemon_.log_dir());
        std::filesystem::create_symlink(test_support::boundary_program(), folder_.file("boundary"));
        set("PATH", folder_.path());  // with that one program in it
        set("HOME", folder_.path());
        common_ = {"--loki-url",
                   loki.url(),
                   "--tenant",
                   tenant_,
                   "--metrics-address",
                   daemon_.metrics_url().substr(7, daemon_.metrics_url().rfind('/') - 7),
                   "--state-dir",
                   daemon_.state_dir(),
                   "--log-dir",
                   daemon_.log_dir(),
                   "--owner",
                   "joe",
                   "--workspace",
                   "w1",
                   "--agent",
                   "main",
                   "--namespace",
                   "coder-workspaces"};
    }

    void set(const std::string& variable, const std::string& value) {
        environment_[variable] = value;
    }
    void write_config(const std::string& yaml) {
        set("BOUNDARY_CONFIG", folder_.append("boundary.yaml", yaml));
    }
    void log(const std::string& lines) const { append_to(daemon_.log_dir(), log_name(1), lines); }
    /// What Boundary logs of itself at level info, and one decision of each kind, now.
    void log_a_session() const {
        log("time=2026-11-23T20:04:16.707Z level=INFO msg=\"Start landjail manager\"\n" +
            allow_line(now_ns(), 1) + deny_line(now_ns(), 2));
    }
    /// Starts the daemon and waits until `settled` entries were pushed or refused.
    void ship(double settled, std::vector<std::string> more = {}) {
        more.insert(more.end(), {"--tenant", tenant_, "--batch-wait", "100ms"});
        daemon_.start(more);
        ASSERT_TRUE(eventually([&] {
            const auto pushed = daemon_.metric("boundary_loki_pushed_entries_total");
            return pushed && *pushed + rejected_entries(daemon_) >= settled;
        })) << daemon_.log();
    }
    [[nodiscard]] test_support::RunResult run(std::vector<std::string> arguments,
                                              const std::vector<std::string>& more = {}) const {
        arguments.insert(arguments.begin(), BOUNDARY_LOKI_BINARY);
        arguments.insert(arguments.end(), common_.begin(), common_.end());
        arguments.insert(arguments.end(), more.begin(), more.end());
        return test_support::run_command(arguments, environment_);
    }
    [[nodiscard]] Diagnosis diagnose(const std::vector<std::string>& more = {}) const {
        const auto result = run({"doctor", "--json"}, more);
        Diagnosis diagnosis{result.status, "", "", "", "", result.output + result.errors};
        simdjson::dom::parser parser;
        simdjson::dom::element report;
        if (parser.parse(result.output).get(report) != simdjson::SUCCESS) {
            return diagnosis;
        }
        const auto text = [&](const char* name) {
            std::string_view value;
            return report["first"][name].get(value) == simdjson::SUCCESS ? std::string(value) : "";
        };
        diagnosis.check = text("check");
        diagnosis.state = text("state");
        diagnosis.seen = text("seen");
        diagnosis.remedy = text("remedy");
        return diagnosis;
    }
    [[nodiscard]] Daemon& daemon() { return daemon_; }
    [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }

private:
    std::string tenant_;
    TempDir folder_;
    Daemon daemon_;
    std::map<std::string, std::string> environment_;
    std::vector<std::string> common_;
};

class DoctorTest : public testing::Test {
protected:
    DoctorTest() : loki_({.auth_enabled = true, .limits = ""}) { loki_.start(); }

    static void expect(const Diagnosis& diagnosis, const char* check, const char* state,
                       const char* seen, const char* remedy) {
        EXPECT_EQ(diagnosis.status, std::string(state) == "FAIL" ? 1 : 0) << diagnosis.all;
        EXPECT_EQ(diagnosis.check, check) << diagnosis.all;
        EXPECT_EQ(diagnosis.state, state) << diagnosis.all;
        EXPECT_THAT(diagnosis.seen, HasSubstr(seen));
        EXPECT_THAT(diagnosis.remedy, HasSubstr(remedy));
    }

    void causes_on_the_side_of_boundary() const;
    void causes_on_the_side_of_loki() const;
    void coderd_without_agent_metrics() const;
    void what_else_keeps_a_dashboard_at_zero() const;

    LokiServer loki_;
};

/// Boundary, run as an agent's command would be: one request that is denied.
void run_a_denied_request(const std::string& log_dir, std::map<std::string, std::string> variables,
                          const std::string& level) {
    variables["BOUNDARY_JAIL_TYPE"] = "landjail";
    const auto result = test_support::run_command(
        {test_support::boundary_program(), "--log-dir", log_dir, "--log-level", level, "--allow",
         "domain=ok.example", "--proxy-port", std::to_string(test_support::free_port()), "--", "sh",
         "-c", "curl -s -o /dev/null --max-time 20 http://evil.example/"},
        variables);
    ASSERT_EQ(result.status, 0) << result.errors;
}

TEST_F(DoctorTest, FindsNothingWhereTheDashboardShowsDecisions) {
    Workspace workspace(loki_, "well");
    workspace.write_config("log_dir: " + workspace.daemon().log_dir() + "\nlog_level: info\n");
    workspace.log_a_session();
    workspace.ship(2);
    const Diagnosis diagnosis = workspace.diagnose();
    EXPECT_EQ(diagnosis.status, 0) << diagnosis.all;
    EXPECT_EQ(diagnosis.check, "") << diagnosis.all;
    EXPECT_THAT(diagnosis.all, HasSubstr("1 allowed, 1 denied in the last 1 d"));
    EXPECT_THAT(diagnosis.all, HasSubstr("a probe was pushed and read back"));

    // The probe is no decision: what the dashboards count is what was logged, also after more of
    // them.
    EXPECT_THAT(workspace.diagnose().all, HasSubstr("1 allowed, 1 denied in the last 1 d"));
    EXPECT_EQ(workspace.diagnose({"--no-probe", "--dashboard", "coderd-json"}).status, 0);

    const auto text = workspace.run({"doctor"});
    EXPECT_EQ(text.status, 0);
    EXPECT_TRUE(text.output.starts_with("ok    the dashboard shows")) << text.output;
    EXPECT_THAT(workspace.diagnose({"--range", "1h"}).all, HasSubstr("denied in the last 1 h"));
    what_else_keeps_a_dashboard_at_zero();
}

void DoctorTest::causes_on_the_side_of_boundary() const {
    {
        SCOPED_TRACE("1. no command runs under Boundary");
        Workspace workspace(loki_, "c1");
        workspace.ship(0);
        expect(workspace.diagnose(), "log-files", "FAIL", "nothing has run under it",
               "under Boundary");
        std::filesystem::remove(workspace.file("boundary"));
        expect(workspace.diagnose(), "boundary-program", "FAIL", "nothing runs under Boundary",
               "agent-firewall module");
    }
    {
        SCOPED_TRACE("2. no audit socket when Boundary started");
        Workspace workspace(loki_, "c2");
        run_a_denied_request(
            workspace.daemon().log_dir(),
            {{"CODER_AGENT_BOUNDARY_LOG_PROXY_SOCKET_PATH", workspace.file("no.sock")}}, "info");
        workspace.ship(2);
        expect(workspace.diagnose(), "boundary-audit-socket", "warn", "never reached coderd",
               "start Boundary after the agent");
    }
    {
        SCOPED_TRACE("5. level warn, as the templates ship it");
        Workspace workspace(loki_, "c5");
        workspace.write_config("log_dir: " + workspace.daemon().log_dir() + "\nlog_level: warn\n");
        run_a_denied_request(workspace.daemon().log_dir(), {}, "warn");
        workspace.ship(1);
        expect(workspace.diagnose(), "boundary-log-level", "FAIL", "ALLOW is never written",
               "set `log_level: info` in");
    }
    {
        SCOPED_TRACE("6. another log_dir");
        Workspace workspace(loki_, "c6");
        workspace.write_config("log_dir: " + workspace.file("elsewhere") + "\nlog_level: info\n");
        run_a_denied_request(workspace.file("elsewhere"), {}, "info");
        workspace.ship(0);
        expect(workspace.diagnose(), "boundary-log-dir", "FAIL", "elsewhere", "--log-dir");
    }
    {
        SCOPED_TRACE("7. URLs without a scheme");
        Workspace workspace(loki_, "c7");
        std::string line = allow_line(now_ns(), 1);
        line.replace(line.find("url=https://host1.example"), 25, "url=");
        workspace.log(line + deny_line(now_ns(), 2));
        workspace.ship(2);
        expect(workspace.diagnose(), "boundary-urls", "warn", "tables of domains are empty",
               "v0.5.2");
        EXPECT_THAT(workspace.diagnose({"--dashboard", "coderd-json"}).all,
                    HasSubstr("coderd-json: 1 allowed, 1 denied"))
            << "ours are completed";
    }
    {
        SCOPED_TRACE("8. no session id");
        Workspace workspace(loki_, "c8");
        workspace.log_a_session();
        workspace.ship(2);
        expect(workspace.diagnose({"--dashboard", "coderd-json"}), "boundary-sessions", "warn",
               "Firewall Sessions", "beyond v0.9.0");
    }
}

void DoctorTest::causes_on_the_side_of_loki() const {
    {
        SCOPED_TRACE("3. logfmt lines, and a dashboard that reads JSON");
        Workspace workspace(loki_, "c3");
        workspace.log_a_session();
        workspace.ship(2, {"--line-format", "logfmt"});
        EXPECT_EQ(workspace.diagnose().status, 0);
        expect(workspace.diagnose({"--dashboard", "coderd-json"}), "dashboard-totals", "FAIL",
               "JSONParserErr", "--line-format json");
    }
    {
        SCOPED_TRACE("4. another namespace, no label logger");
        Workspace workspace(loki_, "c4");
        workspace.log_a_session();
        workspace.ship(2, {"--namespace", "default"});
        EXPECT_EQ(workspace.diagnose().status, 0);
        expect(workspace.diagnose({"--dashboard", "coderd-json"}), "dashboard-totals", "FAIL",
               "0 allowed, 0 denied", "--namespace coder-workspaces");
        expect(workspace.diagnose({"--dashboard", "coderd-logfmt"}), "dashboard-totals", "FAIL",
               "0 allowed, 0 denied", "--label logger=coderd.agentrpc");
    }
    {
        SCOPED_TRACE("10. too old for Loki");
        Workspace workspace(loki_, "c10");
        const std::int64_t old = now_ns() - 10 * 24 * kHourNs;
        workspace.log(allow_line(old, 1) + deny_line(old, 2));
        workspace.ship(2);
        expect(workspace.diagnose(), "last-decision", "FAIL", "10 d ago: Loki refuses",
               "reject_old_samples_max_age");
        // What comes later is shown, and the loss is still told.
        workspace.log(allow_line(now_ns(), 3));
        ASSERT_TRUE(eventually(
            [&] { return workspace.daemon().metric("boundary_loki_pushed_entries_total") == 1; }));
        expect(workspace.diagnose(), "daemon-refused", "warn", "greater_than_max_sample_age 2",
               "reject_old_samples_max_age");
    }
}

void DoctorTest::coderd_without_agent_metrics() const {
    SCOPED_TRACE("9. coderd gives no agent metrics");
    const auto prometheus = test_support::tool("prometheus");
    ASSERT_TRUE(prometheus) << "run tests/packages.sh test";
    const TempDir folder;
    const std::string config = folder.append("prometheus.yml", "scrape_configs: []\n");
    const int port = test_support::free_port();
    const test_support::Process server({*prometheus, "--config.file=" + config,
                                        "--storage.tsdb.path=" + folder.file("data"),
                                        "--web.listen-address=127.0.0.1:" + std::to_string(port)});
    const std::string url = "http://127.0.0.1:" + std::to_string(port);
    ASSERT_TRUE(eventually([&] { return test_support::http_get(url + "/-/ready").first == 200; }));
    Workspace workspace(loki_, "c9");
    workspace.log_a_session();
    workspace.ship(2);
    const Diagnosis diagnosis = workspace.diagnose({"--prometheus-url", url});
    EXPECT_EQ(diagnosis.status, 0) << diagnosis.all;
    EXPECT_EQ(diagnosis.check, "coderd-metrics") << diagnosis.all;
    EXPECT_THAT(diagnosis.seen, HasSubstr("panels of forwarded batches"));
    EXPECT_THAT(diagnosis.remedy, HasSubstr("CODER_PROMETHEUS_COLLECT_AGENT_STATS=true"));
}

TEST_F(DoctorTest, NamesEachOfTheTenCausesFirst) {
    causes_on_the_side_of_boundary();
    causes_on_the_side_of_loki();
    coderd_without_agent_metrics();
}

void DoctorTest::what_else_keeps_a_dashboard_at_zero() const {
    Workspace workspace(loki_, "more");
    workspace.log_a_session();
    expect(workspace.diagnose(), "daemon", "FAIL", "no daemon has ever run", "boundary-loki run");
    workspace.ship(2);
    ASSERT_EQ(workspace.diagnose().status, 0);
    expect(workspace.diagnose({"--tenant", ""}), "loki-query", "FAIL", "401 no org id",
           "--tenant (LOKI_ORG_ID)");
    expect(workspace.diagnose({"--loki-url", loki_.url() + "/loki/api/v1/push"}), "loki-query",
           "FAIL", "404", "without /loki/api/v1/push");
    expect(workspace.diagnose({"--loki-url", "http://127.0.0.1:1"}), "loki-reachable", "FAIL",
           "connect", "host and port");
    expect(workspace.diagnose({"--owner", "ann"}), "dashboard-totals", "FAIL", "0 allowed",
           "owner `ann`");
    expect(workspace.diagnose({"--tenant", "other"}), "dashboard-totals", "FAIL", "0 allowed",
           "this tenant");

    // coderd ships its own line of a decision to the same Loki: pushed by curl, as any agent would.
    const std::string line =
        R"q({\"msg\":\"boundary_request\",\"fields\":{\"owner\":\"joe\",\"workspace_name\":\"w1\",)q"
        R"q(\"decision\":\"deny\",\"http_url\":\"https://h.example/\"}})q";
    const auto pushed = test_support::run_command(
        {"curl", "-sf", "-H", "X-Scope-OrgID: more", "-H", "Content-Type: application/json",
         "--noproxy", "*", "--data-binary",
         R"({"streams":[{"stream":{"namespace":"coder"},"values":[[")" + std::to_string(now_ns()) +
             "\",\"" + line + "\"]]}]}",
         loki_.url() + "/loki/api/v1/push"});
    ASSERT_EQ(pushed.status, 0) << pushed.errors;
    EXPECT_EQ(workspace.diagnose().check, "") << "this project's dashboard counts ours alone";
    EXPECT_THAT(workspace.diagnose({"--dashboard", "coderd-json"}).all,
                HasSubstr("counts such a decision twice"));

    EXPECT_EQ(workspace.daemon().stop(), 0);
    expect(workspace.diagnose(), "daemon", "warn", "no daemon runs", "boundary-loki run");
}

}  // namespace
}  // namespace end_to_end
