// SPDX-License-Identifier: MIT
#include "tests/bridge/settings/settings_fixture.h"

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::Pair;

struct Precedence {
    const char* name;
    const char* environment;  ///< empty = none
    std::string (*read)(const Settings&);
    const char* by_default;
    const char* values[3];  ///< config, environment, flag
};

const Precedence kPrecedence[] = {
    {"loki-url",
     "LOKI_ADDR",
     [](const Settings& s) { return s.loki.url; },
     nullptr,
     {"http://config.example", "http://environment.example", "http://flag.example"}},
    {"tenant",
     "LOKI_ORG_ID",
     [](const Settings& s) { return s.loki.tenant; },
     "",
     {"config", "environment", "flag"}},
    {"username",
     "LOKI_USERNAME",
     [](const Settings& s) { return s.loki.username; },
     "",
     {"config", "environment", "flag"}},
    {"state-dir",
     "BOUNDARY_LOKI_STATE_DIR",
     [](const Settings& s) { return s.state_dir; },
     "/home/coder/.local/state/boundary-loki",
     {"/config", "/environment", "/flag"}},
    {"owner",
     "CODER_WORKSPACE_OWNER_NAME",
     [](const Settings& s) { return s.enrich.identity.owner; },
     "",
     {"config", "environment", "flag"}},
    {"workspace",
     "CODER_WORKSPACE_NAME",
     [](const Settings& s) { return s.enrich.identity.workspace_name; },
     "",
     {"config", "environment", "flag"}},
    {"workspace-id",
     "CODER_WORKSPACE_ID",
     [](const Settings& s) { return s.enrich.identity.workspace_id; },
     "",
     {"config", "environment", "flag"}},
    {"agent",
     "CODER_WORKSPACE_AGENT_NAME",
     [](const Settings& s) { return s.enrich.identity.agent_name; },
     "",
     {"config", "environment", "flag"}},
    {"template",
     "CODER_WORKSPACE_TEMPLATE_NAME",
     [](const Settings& s) { return s.enrich.identity.template_name; },
     "",
     {"config", "environment", "flag"}},
    {"template-id",
     "CODER_WORKSPACE_TEMPLATE_ID",
     [](const Settings& s) { return s.enrich.identity.template_id; },
     "",
     {"config", "environment", "flag"}},
    {"template-version-id",
     "CODER_WORKSPACE_TEMPLATE_VERSION_ID",
     [](const Settings& s) { return s.enrich.identity.template_version_id; },
     "",
     {"config", "environment", "flag"}},
    {"namespace",
     "BOUNDARY_LOKI_NAMESPACE",
     [](const Settings& s) { return s.enrich.identity.kubernetes_namespace; },
     nullptr,
     {"config", "environment", "flag"}},
    {"metrics-address",
     "BOUNDARY_LOKI_METRICS_ADDRESS",
     [](const Settings& s) { return s.metrics_address; },
     "127.0.0.1:9765",
     {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}},
    {"heartbeat",
     "BOUNDARY_LOKI_HEARTBEAT",
     [](const Settings& s) { return std::to_string(s.heartbeat.count()) + "ms"; },
     "300000ms",
     {"1000ms", "2000ms", "3000ms"}},
    {"batch-bytes",
     "",
     [](const Settings& s) { return std::to_string(s.delivery.batch_bytes); },
     "262144",
     {"2048", "", "4096"}},
    {"batch-wait",
     "",
     [](const Settings& s) { return std::to_string(s.delivery.batch_wait.count()) + "ms"; },
     "1000ms",
     {"20ms", "", "30ms"}},
    {"stream-rate",
     "",
     [](const Settings& s) { return std::to_string(s.delivery.stream_rate); },
     "1048576",
     {"0", "", "5"}},
    {"spool-max-bytes",
     "",
     [](const Settings& s) { return std::to_string(s.spool_max_bytes); },
     "67108864",
     {"1000000", "", "2000000"}},
};

TEST_F(SettingsTest, AFlagBeatsTheEnvironmentBeatsTheConfigFileBeatsTheDefault) {
    for (const auto& test : kPrecedence) {
        flags_ = {{"loki-url", {"http://loki.example:3100"}}};
        environment_ = {{"HOME", "/home/coder"}};
        config_.clear();
        if (test.by_default != nullptr) {
            EXPECT_EQ(test.read(resolve()), test.by_default) << test.name;
        } else {
            flags_.erase(test.name);
        }
        config_ = std::string(test.name) + " = " + test.values[0] + "\n";
        EXPECT_EQ(test.read(resolve()), test.values[0]) << test.name;
        if (*test.environment != '\0') {
            environment_[test.environment] = test.values[1];
            EXPECT_EQ(test.read(resolve()), test.values[1]) << test.name;
        }
        flags_[test.name] = {test.values[2]};
        EXPECT_EQ(test.read(resolve()), test.values[2]) << test.name;
    }
}

TEST_F(SettingsTest, WordsFollowTheSamePrecedence) {
    EXPECT_EQ(resolve().enrich.line_format, tailer::LineFormat::Json);
    EXPECT_EQ(resolve().enrich.url_query, tailer::QueryPolicy::Redact);
    EXPECT_EQ(resolve().enrich.notices, tailer::NoticePolicy::Trail);
    EXPECT_EQ(resolve().log_level, LogLevel::Info);
    EXPECT_EQ(resolve().log_format, LogFormat::Text);
    config_ =
        "line-format = logfmt\nurl-query = keep\nnotices = none\nlog-level = debug\nlog-format = "
        "json\n";
    EXPECT_EQ(resolve().enrich.line_format, tailer::LineFormat::Logfmt);
    EXPECT_EQ(resolve().enrich.url_query, tailer::QueryPolicy::Keep);
    EXPECT_EQ(resolve().enrich.notices, tailer::NoticePolicy::None);
    EXPECT_EQ(resolve().log_level, LogLevel::Debug);
    EXPECT_EQ(resolve().log_format, LogFormat::Json);
    environment_["BOUNDARY_LOKI_LINE_FORMAT"] = "json";
    environment_["BOUNDARY_LOKI_URL_QUERY"] = "drop";
    environment_["BOUNDARY_LOKI_NOTICES"] = "all";
    EXPECT_EQ(resolve().enrich.notices, tailer::NoticePolicy::All);
    EXPECT_EQ(resolve().enrich.line_format, tailer::LineFormat::Json);
    EXPECT_EQ(resolve().enrich.url_query, tailer::QueryPolicy::Drop);
    flags_["url-query"] = {"redact"};
    flags_["log-level"] = {"error"};
    EXPECT_EQ(resolve().enrich.url_query, tailer::QueryPolicy::Redact);
    EXPECT_EQ(resolve().enrich.notices, tailer::NoticePolicy::All);
    EXPECT_EQ(resolve().log_level, LogLevel::Error);
}

TEST_F(SettingsTest, AnEmptyVariableCountsAsUnset) {
    config_ = "tenant = config\n";
    environment_["LOKI_ORG_ID"] = "";
    EXPECT_EQ(resolve().loki.tenant, "config");
}

TEST_F(SettingsTest, TheLastOfARepeatedFlagCounts) {
    flags_["tenant"] = {"first", "last"};
    EXPECT_EQ(resolve().loki.tenant, "last");
}

TEST_F(SettingsTest, FollowsBoundarysTwoFoldersByDefault) {
    EXPECT_THAT(resolve().log_dirs,
                ElementsAre("/home/coder/.coder-modules/coder/agent-firewall/logs/"
                            "agent_firewall_logs",
                            "/tmp/boundary_logs"));
    environment_.erase("HOME");
    flags_["state-dir"] = {"/state"};
    EXPECT_THAT(resolve().log_dirs, ElementsAre("/tmp/boundary_logs"));
}

TEST_F(SettingsTest, BoundarysOwnVariableMayNameSeveralFolders) {
    environment_["BOUNDARY_LOG_DIR"] = "/b:/a/::/b";
    EXPECT_THAT(resolve().log_dirs, ElementsAre("/a", "/b"));
    config_ = "log-dir = /c:d\nlog-dir = /e\n";
    EXPECT_THAT(resolve().log_dirs, ElementsAre("/a", "/b"));
    environment_.erase("BOUNDARY_LOG_DIR");
    flags_["log-dir"] = {"/with:colon", "/other///"};
    EXPECT_THAT(resolve().log_dirs, ElementsAre("/other", "/with:colon"));
}

TEST_F(SettingsTest, AConfigFileMayRepeatWhatIsRepeatable) {
    config_ = "log-dir = /a\nlog-dir = /b\nlabel = x=1\nlabel = y=2\n";
    EXPECT_THAT(resolve().log_dirs, ElementsAre("/a", "/b"));
    EXPECT_THAT(resolve().enrich.extra_labels, ElementsAre(Pair("x", "1"), Pair("y", "2")));
}

TEST_F(SettingsTest, KeepsStateUnderTheXdgFolder) {
    environment_["XDG_STATE_HOME"] = "/xdg";
    EXPECT_EQ(resolve().state_dir, "/xdg/boundary-loki");
    wish_.default_state = false;
    EXPECT_EQ(resolve().state_dir, "");
    flags_["state-dir"] = {"/mine"};
    EXPECT_EQ(resolve().state_dir, "/mine");
}

TEST_F(SettingsTest, TakesLabelsFromFlagsOrTheEnvironment) {
    environment_["BOUNDARY_LOKI_LABELS"] = "team=a, env=prod,expr=x=y";
    EXPECT_THAT(resolve().enrich.extra_labels,
                ElementsAre(Pair("team", "a"), Pair("env", "prod"), Pair("expr", "x=y")));
    flags_["label"] = {"list=a,b", "_x=1"};
    EXPECT_THAT(resolve().enrich.extra_labels, ElementsAre(Pair("list", "a,b"), Pair("_x", "1")))
        << "a flag holds one label, commas and all";
}

TEST_F(SettingsTest, MayTakeLabelsOutOfTheStream) {
    EXPECT_EQ(resolve().enrich.stream_labels.size(), tailer::kStreamLabelNames.size());
    environment_["BOUNDARY_LOKI_STREAM_LABELS"] = "job, decision";
    EXPECT_THAT(resolve().enrich.stream_labels, ElementsAre("job", "decision"));
}

TEST_F(SettingsTest, MetricsMayBeOff) {
    flags_["metrics-address"] = {"off"};
    EXPECT_EQ(resolve().metrics_address, "");
    flags_["metrics-address"] = {"[::1]:9765"};
    EXPECT_EQ(resolve().metrics_address, "[::1]:9765");
}

TEST_F(SettingsTest, TheHeartbeatMayBeOff) {
    flags_["heartbeat"] = {"off"};
    EXPECT_EQ(resolve().heartbeat.count(), 0);
}

TEST_F(SettingsTest, ReadsThePasswordFromItsFileOrTheEnvironment) {
    flags_["username"] = {"user"};
    environment_["LOKI_PASSWORD"] = "from the environment";
    EXPECT_EQ(resolve().loki.password, "from the environment");
    flags_["password-file"] = {folder_.append("password", " from the file\n")};
    EXPECT_EQ(resolve().loki.password_file, folder_.file("password"));
}

TEST_F(SettingsTest, ATokenFileBeatsATokenOfTheEnvironment) {
    environment_["LOKI_BEARER_TOKEN"] = "token";
    EXPECT_EQ(resolve().loki.bearer_token, "token");
    environment_["LOKI_BEARER_TOKEN_FILE"] = folder_.append("token", "other");
    EXPECT_EQ(resolve().loki.bearer_token, "");
    EXPECT_EQ(resolve().loki.bearer_token_file, folder_.file("token"));
}

TEST_F(SettingsTest, NeedsNothingOfLokiWhenNothingIsPushed) {
    flags_.clear();
    wish_ = {.push = false, .default_state = false};
    environment_.clear();
    EXPECT_EQ(resolve().loki.url, "");
}

TEST_F(SettingsTest, EveryOptionHasANameAndHelp) {
    for (const auto& spec : option_specs()) {
        EXPECT_FALSE(spec.name.empty());
        EXPECT_FALSE(spec.help.empty()) << spec.name;
        EXPECT_FALSE(spec.value_name.empty()) << spec.name;
    }
}

}  // namespace
}  // namespace bridge
