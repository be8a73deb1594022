// SPDX-License-Identifier: MIT
#include "tests/bridge/settings/settings_fixture.h"

namespace bridge {
namespace {

using testing::HasSubstr;
using testing::Not;

using SettingsTroubleTest = SettingsTest;

struct BadValue {
    const char* name;
    const char* environment;  ///< empty = none
    const char* value;
    const char* remedy;
};

const BadValue kBadValues[] = {
    {"loki-url", "LOKI_ADDR", "loki.example:3100", "http(s)://host[:port]"},
    {"loki-url", "LOKI_ADDR", "http://loki.example/?a=b", "base address"},
    {"line-format", "BOUNDARY_LOKI_LINE_FORMAT", "xml", "json logfmt"},
    {"url-query", "BOUNDARY_LOKI_URL_QUERY", "hide", "drop keep redact"},
    {"notices", "BOUNDARY_LOKI_NOTICES", "some", "all none trail"},
    {"log-level", "", "loud", "debug error info warn"},
    {"log-format", "", "xml", "json text"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "9765", "127.0.0.1:9765, or off"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", ":9765", "127.0.0.1:9765, or off"},
    {"heartbeat", "BOUNDARY_LOKI_HEARTBEAT", "0s", "1s to 5m, or off"},
    {"heartbeat", "BOUNDARY_LOKI_HEARTBEAT", "6m", "1s to 5m, or off"},
    {"heartbeat", "BOUNDARY_LOKI_HEARTBEAT", "5", "1s to 5m, or off"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "127.0.0.1:", "127.0.0.1:9765, or off"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "127.0.0.1:http", "or off"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "127.0.0.1:65536", "or off"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "127.0.0.1:99999999999", "or off"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "127.0.0.1:0", "1 to 65535"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "300.1.1.1:9765", "neither an address"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "no such host:9765", "neither an address"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "::1:9765", "neither an address"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "[::1:9765", "neither an address"},
    {"metrics-address", "BOUNDARY_LOKI_METRICS_ADDRESS", "a.example:9765", "no name"},
    {"loki-url", "LOKI_ADDR", "http://loki.example:0", "1 to 65535"},
    {"loki-url", "LOKI_ADDR", "http://loki.example:99999", "http(s)://host[:port]"},
    {"loki-url", "LOKI_ADDR", "http://300.1.1.1:3100", "neither an address nor a name"},
    {"loki-url", "LOKI_ADDR", "http://-loki:3100", "neither an address nor a name"},
    {"loki-url", "LOKI_ADDR", "http://loki..example:3100", "neither an address nor a name"},
    {"bearer-token-file", "LOKI_BEARER_TOKEN_FILE", "/dev/null", "no regular file"},
    {"password-file", "", "/tmp", "no regular file"},
    {"ca-cert", "LOKI_CA_CERT_PATH", "/dev/zero", "no regular file"},
    {"batch-wait", "", "5", "such as 1s or 500ms"},
    {"batch-wait", "", "-5", "such as 1s or 500ms"},
    {"batch-bytes", "", "much", "256KiB"},
    {"batch-bytes", "", "1023", "1KiB to 4MiB"},
    {"batch-bytes", "", "5MiB", "1KiB to 4MiB"},
    {"stream-rate", "", "-1", "256KiB"},
    {"spool-max-bytes", "", "1.5M", "256KiB"},
    {"spool-max-bytes", "", "767KiB", "512KiB at least"},
    {"label", "BOUNDARY_LOKI_LABELS", "novalue", "name=value"},
    {"label", "BOUNDARY_LOKI_LABELS", "empty=", "name=value"},
    {"label", "BOUNDARY_LOKI_LABELS", "=value", "[a-zA-Z_][a-zA-Z0-9_]*"},
    {"label", "BOUNDARY_LOKI_LABELS", "a-b=c", "[a-zA-Z_][a-zA-Z0-9_]*"},
    {"label", "BOUNDARY_LOKI_LABELS", "9a=c", "[a-zA-Z_][a-zA-Z0-9_]*"},
    {"label", "BOUNDARY_LOKI_LABELS", "__name=c", "begin with __"},
    {"label", "BOUNDARY_LOKI_LABELS", "job=other", "set by boundary-loki itself"},
    {"label", "BOUNDARY_LOKI_LABELS", "decision=allow", "set by boundary-loki itself"},
    {"label", "BOUNDARY_LOKI_LABELS", "late=2026", "set by boundary-loki itself"},
    {"stream-labels", "BOUNDARY_LOKI_STREAM_LABELS", "job,domain", "choose from job, decision"},
    {"stream-labels", "BOUNDARY_LOKI_STREAM_LABELS", ",", "choose from job, decision"},
    {"password-file", "", "/no/such/file", "cannot read /no/such/file"},
    {"bearer-token-file", "LOKI_BEARER_TOKEN_FILE", "/no/such/file", "cannot read"},
    {"ca-cert", "LOKI_CA_CERT_PATH", "/no/such/file", "cannot read"},
    {"client-cert", "LOKI_CLIENT_CERT_PATH", "/no/such/file", "cannot read"},
    {"client-key", "LOKI_CLIENT_KEY_PATH", "/no/such/file", "cannot read"},
    {"log-dir", "BOUNDARY_LOG_DIR", "/etc/passwd", "is a file"},
    {"log-dir", "BOUNDARY_LOG_DIR", ":", "name a folder"},
    {"log-dir", "", "", "name a folder"},
};

TEST_F(SettingsTroubleTest, NamesTheSourceOfABadValueAndWhatWouldBeRight) {
    for (const auto& test : kBadValues) {
        const std::string says = std::string(test.name) + "=" + test.value;
        const std::string flag = "--" + std::string(test.name);
        flags_ = {{"loki-url", {"http://loki.example:3100"}}};
        environment_ = {{"HOME", "/home/coder"}};
        config_.clear();
        if (std::string_view(test.value) != ":") {  // as a flag, one folder of that name
            flags_[test.name] = {test.value};
            EXPECT_THAT(trouble(), HasSubstr(flag)) << says;
            EXPECT_THAT(trouble(), HasSubstr(test.remedy)) << says;
        }
        flags_.erase(test.name);
        if (*test.environment != '\0') {
            environment_[test.environment] = test.value;
            EXPECT_THAT(trouble(), HasSubstr(test.environment)) << says;
            EXPECT_THAT(trouble(), HasSubstr(test.remedy)) << says;
            environment_.erase(test.environment);
        }
        if (std::string_view(test.value) == ":") {
            continue;
        }
        config_ = "# first line\n" + std::string(test.name) + " = " + test.value + "\n";
        EXPECT_THAT(trouble(), HasSubstr(folder_.file("config") + " line 2")) << says;
        EXPECT_THAT(trouble(), HasSubstr(test.remedy)) << says;
    }
}

TEST_F(SettingsTroubleTest, NeverRepeatsACredentialOfAUrl) {
    for (const char* url : {"http://user:SECRET@loki.example", "http://SECRET@loki.example:3100",
                            "https://user:SECRET@loki.example:port", "user:SECRET@loki.example",
                            "http://loki.example/?token=SECRET"}) {
        flags_["loki-url"] = {url};
        EXPECT_THAT(trouble(), Not(HasSubstr("SECRET"))) << url;
        EXPECT_THAT(trouble(), HasSubstr("--loki-url")) << url;
    }
    flags_["loki-url"] = {"http://user:SECRET@loki.example"};
    EXPECT_THAT(trouble(), HasSubstr("--password-file"));
}

TEST_F(SettingsTroubleTest, RefusesCredentialsThatCannotWork) {
    struct Row {
        const char* token;
        const char* says;
    };
    for (const auto& row : {Row{"", "is empty"}, Row{"\n", "is empty"},
                            Row{"Bearer SECRET\n", "the token alone"}, Row{"SEC RET\n", "a space"},
                            Row{"SECRET\x7f", "control byte"}, Row{"SECR\xc3\x89T", "not ASCII"}}) {
        const test_support::TempDir folder;
        flags_["bearer-token-file"] = {folder.append("token", row.token)};
        EXPECT_THAT(trouble(), HasSubstr(row.says)) << row.token;
        EXPECT_THAT(trouble(), HasSubstr("--bearer-token-file: ")) << row.token;
        EXPECT_THAT(trouble(), Not(HasSubstr("SEC"))) << row.token;
    }
    flags_.erase("bearer-token-file");
    environment_["LOKI_BEARER_TOKEN"] = "SECRET\n";
    EXPECT_THAT(trouble(), HasSubstr("control byte"));
    environment_["LOKI_BEARER_TOKEN"] = "Bearer SECRET";
    EXPECT_THAT(trouble(), HasSubstr("the token alone"));
    environment_.erase("LOKI_BEARER_TOKEN");
    flags_["username"] = {"a:b"};
    EXPECT_THAT(trouble(), HasSubstr("user name"));
    flags_["username"] = {"a"};
    flags_["password-file"] = {folder_.append("password", "\n")};
    EXPECT_THAT(trouble(), HasSubstr("--password-file: "));
}

TEST_F(SettingsTroubleTest, NeedsAnAddressToPushTo) {
    flags_.clear();
    EXPECT_THAT(trouble(), HasSubstr("--loki-url or LOKI_ADDR"));
}

TEST_F(SettingsTroubleTest, NamesFileAndLineOfAnUnknownKey) {
    config_ = "loki-url = http://loki.example\n\nloki_url = http://loki.example\n";
    EXPECT_THAT(trouble(), HasSubstr(folder_.file("config") + " line 3"));
    EXPECT_THAT(trouble(), HasSubstr("`loki_url`"));
}

TEST_F(SettingsTroubleTest, AConfigFileSaysEachThingOnce) {
    config_ = "tenant = a\ntenant = b\n";
    EXPECT_THAT(trouble(), HasSubstr("line 2"));
    EXPECT_THAT(trouble(), HasSubstr("`tenant` stands twice"));
}

TEST_F(SettingsTroubleTest, RefusesALabelGivenTwice) {
    flags_["label"] = {"a=1", "a=2"};
    EXPECT_THAT(trouble(), HasSubstr("given twice"));
}

TEST_F(SettingsTroubleTest, RefusesMoreLabelsThanLokiTakes) {
    for (char name = 'a'; name < 'g'; ++name) {
        flags_["label"].push_back(std::string(1, name) + "=1");
    }
    static_cast<void>(resolve());  // 6 + the 8 of the stream + `late`
    flags_["label"].emplace_back("g=1");
    EXPECT_THAT(trouble(), HasSubstr("too many labels"));
    EXPECT_THAT(trouble(), HasSubstr("15"));
    flags_["stream-labels"] = {"job,decision"};
    static_cast<void>(resolve());
}

TEST_F(SettingsTroubleTest, RefusesLabelsLongerThanLokiTakes) {
    flags_["label"] = {"a=" + std::string(2048, 'x')};
    static_cast<void>(resolve());
    flags_["label"] = {"a=" + std::string(2049, 'x')};
    EXPECT_THAT(trouble(), HasSubstr("2048 bytes"));
    flags_["label"] = {std::string(1025, 'x') + "=1"};
    EXPECT_THAT(trouble(), HasSubstr("1024"));
    flags_.erase("label");
    environment_["CODER_WORKSPACE_OWNER_NAME"] = std::string(2049, 'x');
    EXPECT_THAT(trouble(), HasSubstr("label owner"));
}

TEST_F(SettingsTroubleTest, RefusesTwoWaysToLogIn) {
    flags_["username"] = {"user"};
    environment_["LOKI_BEARER_TOKEN"] = "SECRET";
    EXPECT_THAT(trouble(), HasSubstr("both a user name and a bearer token"));
    EXPECT_THAT(trouble(), Not(HasSubstr("SECRET")));
}

TEST_F(SettingsTroubleTest, RefusesAClientCertificateWithoutItsKey) {
    flags_["client-cert"] = {folder_.append("cert", "x")};
    EXPECT_THAT(trouble(), HasSubstr("--client-cert and --client-key"));
}

TEST_F(SettingsTroubleTest, NeedsAPlaceForItsState) {
    environment_.clear();
    EXPECT_THAT(trouble(), HasSubstr("--state-dir"));
}

TEST_F(SettingsTroubleTest, NamesAConfigFileThatIsNotThere) {
    const auto settings = resolve_settings(
        flags_, [](std::string_view) { return std::nullopt; }, folder_.file("none"), wish_);
    ASSERT_FALSE(settings.has_value());
    EXPECT_THAT(settings.error().message, HasSubstr(folder_.file("none")));
}

}  // namespace
}  // namespace bridge
