// SPDX-License-Identifier: MIT
// The module and the templates, as OpenTofu and the real providers understand them.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/packaging/clean_root.h"
#include "tests/packaging/packages.h"
#include "tests/support/programs.h"
#include "tests/templates/tofu.h"

namespace templates {
namespace {

using packaging::CleanRoot;
using test_support::read_file;
using test_support::TempDir;
using testing::HasSubstr;
using testing::Not;

const std::string kSource = BOUNDARY_LOKI_SOURCE_DIR "/coder-templates/";

/// Values for all inputs of the templates.
constexpr const char* kInputs = R"({
"image": "workspace.example/image:1", "allowed_hosts": ["github.example", "*.github.example"],
"loki_url": "http://loki.example:3100", "loki_token_secret": "loki-push",
"boundary_loki_url": "https://files.example/boundary-loki.tar.gz",
"boundary_loki_sha256": "00000000000000000000000000000000000000000000000000000000000000aa",
"boundary_url": "https://files.example/boundary",
"boundary_sha256": "00000000000000000000000000000000000000000000000000000000000000bb"})";

/// Its real source is a repository on the network.
void replace_claude_code(const Tofu& tofu, const std::string& folder) {
    tofu.copy("tests/templates/claude_code", folder + "/claude-code");
    const auto replaced = test_support::run_command(
        {"sed", "-i", "s|\"git::https://.*/claude-code?ref=.*\"|\"./claude-code\"|",
         tofu.file(folder + "/main.tf")});
    EXPECT_EQ(replaced.status, 0);
    EXPECT_THAT(read_file(tofu.file(folder + "/main.tf")), HasSubstr("\"./claude-code\""));
}

/// `jq` of what `tofu show -json` says of the plan; the provider of Kubernetes asks no cluster.
class Plan {
public:
    explicit Plan(const std::string& name) {
        tofu_.copy("coder-templates/" + name, name);
        if (name == "firewalled") {
            replace_claude_code(tofu_, name);
        }
        tofu_.write(name + "/terraform.tfvars.json", kInputs);
        EXPECT_EQ(tofu_.run("get", name).status, 0);
        auto environment = provisioner_environment();
        environment["KUBE_LOAD_CONFIG_FILE"] = "false";
        environment["KUBE_HOST"] = "http://127.0.0.1:1";
        const auto plan = tofu_.run("plan -no-color -input=false -out=plan", name, environment);
        EXPECT_EQ(plan.status, 0) << plan.errors;
        tofu_.write("plan.json", tofu_.run("show -json plan", name).output);
    }
    [[nodiscard]] std::string jq(const std::string& filter) const {
        const auto result =
            test_support::run_command({"jq", "-r", filter, tofu_.file("plan.json")});
        EXPECT_EQ(result.status, 0) << result.errors;
        return result.output;
    }
    /// Of the resource at this address, what it will be.
    [[nodiscard]] std::string value(const std::string& address, const std::string& filter) const {
        return jq("[.planned_values | .. | objects | select(.address? == \"" + address +
                  "\")][0].values | " + filter);
    }

private:
    Tofu tofu_;
};

constexpr const char* kPod = ".spec[0].template[0].spec[0]";

TEST(TemplatesTest, AreFormatted) {
    const Tofu tofu;
    tofu.copy("coder-templates", "coder-templates");
    const auto result = tofu.run("fmt -check -diff -recursive", "coder-templates");
    EXPECT_EQ(result.status, 0) << result.output;
}

TEST(TemplatesTest, AreValid) {
    const Tofu tofu;
    tofu.copy("coder-templates/modules/boundary-loki", "module");
    EXPECT_EQ(tofu.validated("module"), "");
    tofu.copy("coder-templates/agents-firewalled", "agents-firewalled");
    EXPECT_EQ(tofu.validated("agents-firewalled"), "");
    tofu.copy("coder-templates/firewalled", "firewalled");
    replace_claude_code(tofu, "firewalled");
    EXPECT_EQ(tofu.validated("firewalled"), "");
    // And what is not is not.
    std::ofstream(tofu.file("module/main.tf"), std::ios::app)
        << "resource \"coder_script\" \"bad\" {\n  agent = 1\n}\n";
    EXPECT_THAT(tofu.validated("module"), HasSubstr("Unsupported argument"));
}

TEST(TemplatesTest, TheModuleRefusesWhatCannotWork) {
    const Tofu tofu;
    tofu.copy("coder-templates/modules/boundary-loki", "boundary-loki");
    const auto refused = [&](const std::string& inputs) {
        tofu.write("main.tf",
                   "module \"boundary_loki\" {\n  source = \"./boundary-loki\"\n  agent_id = "
                   "\"00000000-0000-4000-8000-000000000001\"\n" +
                       inputs + "}\n");
        static_cast<void>(tofu.run("get"));
        const auto plan = tofu.run("plan -no-color -input=false", ".", provisioner_environment());
        // Messages are wrapped to a width.
        std::string text = plan.status == 0 ? "" : plan.errors;
        std::replace(text.begin(), text.end(), '\n', ' ');
        return text;
    };
    const std::string url = "  loki_url = \"http://loki.example\"\n";
    EXPECT_EQ(refused(url + "  binary = \"/usr/bin/boundary-loki\"\n"), "");
    EXPECT_THAT(refused(url), HasSubstr("Give either archive_url"));
    EXPECT_THAT(refused(url + "  binary = \"/b\"\n  archive_url = \"https://files.example/a\"\n"),
                HasSubstr("Give either archive_url"));
    EXPECT_THAT(refused(url + "  archive_url = \"https://files.example/a\"\n"
                              "  archive_sha256 = \"abc\"\n"),
                HasSubstr("64 hex digits"));
    EXPECT_THAT(refused(url + "  binary = \"boundary-loki\"\n"), HasSubstr("absolute path"));
    EXPECT_THAT(refused("  loki_url = \"https://joe:pw@loki.example\"\n  binary = \"/b\"\n"),
                HasSubstr("no user or password"));
    EXPECT_THAT(refused(url + "  binary = \"/b\"\n  labels = { \"a-b\" = \"1\" }\n"),
                HasSubstr("A label's name"));
}

TEST(TemplatesTest, ToolCallsAloneAreFirewalled) {
    const Plan plan("agents-firewalled");
    const std::string deployment = "kubernetes_deployment.main[0]";
    const std::string container = std::string(kPod) + ".container[0]";
    // The agent starts as it always does, with the shim first on its PATH...
    EXPECT_EQ(plan.jq("[.configuration.root_module.resources[] | select(.address == "
                      "\"kubernetes_deployment.main\") | .. | objects | .command? | objects | "
                      ".references | .[]?] | unique | join(\" \")"),
              "coder_agent.main coder_agent.main.init_script\n");
    EXPECT_THAT(plan.value(deployment, container + ".env[] | select(.name == \"PATH\").value"),
                testing::StartsWith("/opt/firewall/shim:/opt/firewall/bin:"));
    // ... which, like all that jails, is on a mount that it cannot write to.
    EXPECT_EQ(plan.value(deployment, container + ".volume_mount[] | select(.mount_path == "
                                                 "\"/opt/firewall\").read_only"),
              "true\n");
    EXPECT_EQ(plan.value(deployment, container + ".security_context[0] | [.run_as_user, "
                                                 ".allow_privilege_escalation] | map(tostring) | "
                                                 "join(\" \")"),
              "1000 false\n");
    EXPECT_EQ(plan.value("kubernetes_config_map.firewall", ".data.sh"),
              read_file(kSource + "shim/sh") + "\n");
    const auto config = plan.value("kubernetes_config_map.firewall", ".data[\"boundary.yaml\"]");
    EXPECT_THAT(config, HasSubstr("log_level: info\n"));
    EXPECT_THAT(config, HasSubstr("log_dir: /tmp/boundary_logs\n"));
    EXPECT_THAT(config, HasSubstr("  - \"domain=github.example\"\n"));
    EXPECT_THAT(config, HasSubstr("  - \"domain=*.github.example\"\n"));
    // The token is a file, in no variable and no script.
    const auto script = plan.value("module.boundary_loki.coder_script.start", ".script");
    EXPECT_THAT(script, HasSubstr("'--bearer-token-file=/run/secrets/loki/token'"));
    EXPECT_EQ(plan.jq("[.. | objects | select(.type? == \"coder_env\")] | length"), "0\n");
}

/// The init container's own text, with the places of a test.
TEST(TemplatesTest, TheInitContainerMakesWhatTheAgentNeeds) {
    const TempDir artifacts;
    std::filesystem::permissions(artifacts.path(), std::filesystem::perms(0755));
    std::filesystem::copy_file(packaging::package(".tar.gz"), artifacts.file("archive"));
    std::filesystem::copy_file(test_support::tool("boundary-stand-in").value_or(""),
                               artifacts.file("boundary"));
    const auto sha256 = [&](const std::string& name) {
        return test_support::run_command({"sha256sum", artifacts.file(name)}).output.substr(0, 64);
    };
    const Plan plan("agents-firewalled");
    const CleanRoot root("13-workspace", {artifacts.path() + ":/opt/artifacts"});
    std::string script = "mkdir /tmp/config\n";
    for (const std::string name : {"sh", "install.sh", "boundary.yaml"}) {
        script += "cat >/tmp/config/" + name + " <<'END-OF-FILE'\n" +
                  plan.value("kubernetes_config_map.firewall", ".data[\"" + name + "\"]") +
                  "END-OF-FILE\n";
    }
    script += plan.value("kubernetes_deployment.main[0]",
                         std::string(kPod) +
                             ".init_container[0].args[0] | "
                             "gsub(\"/opt/firewall\"; \"/tmp/firewall\") | "
                             "gsub(\"/config/\"; \"/tmp/config/\")");
    CleanRoot::Environment environment = {{"LOKI_ARCHIVE_URL", "file:///opt/artifacts/archive"},
                                          {"LOKI_ARCHIVE_SHA256", sha256("archive")},
                                          {"BOUNDARY_URL", "file:///opt/artifacts/boundary"},
                                          {"BOUNDARY_SHA256", sha256("boundary")}};
    const auto made = root.run({"/bin/sh", "-ec", script}, environment);
    ASSERT_EQ(made.status, 0) << made.errors;
    const auto call =
        root.run({"env", "sh", "-c", "curl -s http://npm.registry.example/left-pad; exit 3"},
                 {{"PATH", "/tmp/firewall/shim:/tmp/firewall/bin:/usr/bin:/bin"},
                  {"CODER_CHAT_ID", "chat-1"},
                  {"BOUNDARY_CONFIG", "/tmp/firewall/boundary.yaml"},
                  {"BOUNDARY_LOG_DIR", "/tmp/boundary_logs"}});
    EXPECT_EQ(call.status, 3) << call.errors;
    EXPECT_THAT(root.shell("cat /tmp/boundary_logs/*.log").output,
                HasSubstr("msg=DENY method=GET url=http://npm.registry.example/left-pad"));
    // Something else than what was asked for is not put there.
    environment["BOUNDARY_SHA256"] = std::string(64, '0');
    EXPECT_NE(
        root.run({"/bin/sh", "-ec", "rm -rf /tmp/config /tmp/firewall\n" + script}, environment)
            .status,
        0);
}

class ClaudeTest : public testing::Test {
protected:
    /// The pre-install script, in a home of the test's own.
    test_support::RunResult pre_install() {
        const auto script = plan_.jq(
            "[.configuration, .planned_values] | .. | objects | select(.address? == "
            "\"module.claude_code.terraform_data.pre_install\").values.input");
        std::string text = script;
        for (std::size_t at; (at = text.find("/tmp/boundary_logs")) != std::string::npos;) {
            text.replace(at, 18, home_.file("logs"));
        }
        return test_support::run_command({"bash", "-c", text}, {{"HOME", home_.path()}});
    }
    [[nodiscard]] std::string settings(const std::string& filter) const {
        return test_support::run_command({"jq", "-c", filter, home_.file(".claude/settings.json")})
            .output;
    }

    Plan plan_{"firewalled"};
    TempDir home_;
};

TEST_F(ClaudeTest, TheBaselineIsThere) {
    EXPECT_EQ(plan_.value("coder_env.boundary_jail_type", ".value"), "landjail\n");
    const auto made = pre_install();
    ASSERT_EQ(made.status, 0) << made.errors;
    const auto config = read_file(home_.file(".config/coder_boundary/config.yaml"));
    EXPECT_THAT(config, HasSubstr("jail_type: landjail\n"));
    EXPECT_THAT(config, HasSubstr("log_level: info\n"));
    EXPECT_THAT(config, HasSubstr("  - \"domain=github.example\"\n"));
    EXPECT_EQ(plan_.value("coder_env.boundary_config", ".value"),
              "/home/coder/.config/coder_boundary/config.yaml\n");
}

TEST_F(ClaudeTest, TheHooksJournalAndTheUsersOwnStay) {
    ASSERT_EQ(pre_install().status, 0);
    const auto command = test_support::run_command(
        {"jq", "-r", ".hooks.PreToolUse[0].hooks[0].command", home_.file(".claude/settings.json")});
    const std::string event =
        R"({"session_id":"s","hook_event_name":"PreToolUse","tool_name":"Bash","tool_use_id":"toolu_1","tool_input":{"command":"hush"}})";
    const auto hook = [&] {
        return test_support::run_command(
            {"sh", "-c", "echo '" + event + "' | sh -c \"$1\"", "sh", command.output},
            {{"HOME", home_.path()}, {"BOUNDARY_LOG_DIR", home_.file("logs")}});
    };
    // Before the program is installed it is silent, and no failure.
    const auto early = hook();
    EXPECT_EQ(early.status, 0);
    EXPECT_EQ(early.output + early.errors, "");
    std::filesystem::create_directories(home_.file(".local/bin"));
    std::filesystem::create_symlink(BOUNDARY_LOKI_BINARY, home_.file(".local/bin/boundary-loki"));
    EXPECT_EQ(hook().status, 0);
    const auto journal = test_support::run_command(
        {"sh", "-c", "cat '" + home_.file("logs") + "'/toolcalls/*.jsonl"});
    EXPECT_THAT(journal.output, HasSubstr("\"toolu_1\""));
    EXPECT_THAT(journal.output, Not(HasSubstr("hush")));

    // A user's own settings, and a second start.
    std::ofstream(home_.file(".claude/settings.json"))
        << R"({"model":"m","hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[]}],"Notification":[]}})";
    ASSERT_EQ(pre_install().status, 0);
    ASSERT_EQ(pre_install().status, 0);
    EXPECT_EQ(settings(".model"), "\"m\"\n");
    EXPECT_EQ(settings(".hooks.Notification"), "[]\n");
    EXPECT_EQ(settings(".hooks.SessionEnd | length"), "1\n");
    EXPECT_EQ(settings(".hooks.PreToolUse | length"), "2\n");
    EXPECT_EQ(settings("[.hooks.PreToolUse[].matcher] | sort"), "[\"*\",\"Bash\"]\n");
    EXPECT_EQ(settings(".hooks.PostToolUseFailure | length"), "1\n");
}

}  // namespace
}  // namespace templates
