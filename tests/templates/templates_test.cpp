// SPDX-License-Identifier: MIT
// The module and the templates, as OpenTofu and the real providers understand them.
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/packaging/clean_root.h"
#include "tests/packaging/packages.h"
#include "tests/support/programs.h"
#include "tests/templates/plan.h"

namespace templates {
namespace {

using packaging::CleanRoot;
using test_support::read_file;
using test_support::TempDir;
using testing::HasSubstr;
using testing::Not;

const std::string kSource = BOUNDARY_LOKI_SOURCE_DIR "/coder-templates/";

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
    for (const std::string name : {"agents-firewalled", "firewalled"}) {
        tofu.copy("coder-templates/" + name, name);
        prepare(tofu, name);
        EXPECT_EQ(tofu.validated(name), "");
    }
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

TEST(TemplatesTest, TheModulesOwnTestsPass) {
    const Tofu tofu;
    tofu.copy("coder-templates/modules/boundary-loki", "module");
    const auto passed = tofu.run("test -no-color", "module");
    EXPECT_EQ(passed.status, 0) << passed.output << passed.errors;
    // And see what is broken.
    const std::string text = read_file(tofu.file("module/main.tf"));
    tofu.write("module/main.tf",
               std::regex_replace(text, std::regex("\"namespace\" +="), "\"elsewhere\" ="));
    const auto broken = tofu.run("test -no-color", "module");
    EXPECT_THAT(broken.output + broken.errors, HasSubstr("Dashboards select by the namespace"));
}

/// Links of the repository are whole in a clone, as the registry's and Coder's users have it.
TEST(TemplatesTest, TheModuleResolvesFromAGitAddress) {
    const Tofu tofu;
    const std::string make =
        "mkdir \"$1\"; cp -a '" BOUNDARY_LOKI_SOURCE_DIR
        "/coder-templates' \"$1\"; cd \"$1\"; git init -q; git add .; git -c user.name=t -c "
        "user.email=t@t.example commit -qm t; git tag v0.1.0";
    const auto made = test_support::run_command({"sh", "-ec", make, "sh", tofu.file("origin.git")});
    ASSERT_EQ(made.status, 0) << made.errors;
    const std::string page = read_file(kSource + "modules/boundary-loki/README.md");
    const auto at = page.find("```tf\n") + 6;
    const std::string sample = page.substr(at, page.find("```", at) - at);
    tofu.write("main.tf",
               "terraform {\n  required_providers {\n    coder = { source = \"coder/coder\" }\n"
               "  }\n}\nresource \"coder_agent\" \"main\" {\n  os   = \"linux\"\n"
               "  arch = \"amd64\"\n}\n" +
                   std::regex_replace(sample, std::regex("git::https://git.example/boundary-loki"),
                                      "git::file://" + tofu.file("origin")));
    EXPECT_EQ(tofu.validated(), "");
    const auto plan = tofu.run("plan -no-color -input=false", ".", provisioner_environment());
    EXPECT_EQ(plan.status, 0) << plan.errors;
    EXPECT_EQ(page.substr(0, 4), "---\n");
    for (const std::string name : {"display_name: ", "description: ", "icon: ", "tags: "}) {
        EXPECT_THAT(page, HasSubstr("\n" + name));
    }
}

/// The base64 texts of the init container's script, by the file that they are written to.
std::string file_of(const Plan& plan, const std::string& name) {
    const auto script = plan.pod(".init_container[0].args[0]");
    const std::string unpack =
        "printf %s \"$1\" | sed -n \"s|^echo '\\(.*\\)' . base64 -d >/opt/firewall/$2\\$|"
        "\\1|p\" | base64 -d";
    return test_support::run_command({"sh", "-c", unpack, "sh", script, name}).output;
}

TEST(TemplatesTest, ToolCallsAloneAreFirewalled) {
    const Plan plan("agents-firewalled", {{"loki_token_secret", "\"loki-push\""}});
    // The agent starts as it always does, with the shim first on its PATH...
    EXPECT_EQ(plan.jq("[.configuration.root_module.resources[] | select(.address == "
                      "\"kubernetes_deployment.main\") | .. | objects | .command? | objects | "
                      ".references | .[]?] | unique | join(\" \")"),
              "coder_agent.main coder_agent.main.init_script\n");
    EXPECT_THAT(plan.pod(".container[0].env[] | select(.name == \"PATH\").value"),
                testing::StartsWith("/opt/firewall/shim:/opt/firewall/bin:"));
    // ... which, like all that jails, is on a mount that it cannot write to.
    EXPECT_EQ(plan.pod(".container[0].volume_mount[] | select(.mount_path == "
                       "\"/opt/firewall\").read_only"),
              "true\n");
    EXPECT_EQ(file_of(plan, "shim/sh"), read_file(kSource + "shim/sh"));
    EXPECT_THAT(plan.pod(".container[0].env[] | select(.name == \"BOUNDARY_CONFIG\").value"),
                "/opt/firewall/boundary.yaml\n");
    // The token is a file, in no variable and no script.
    const auto script = plan.value("module.boundary_loki.coder_script.start[0]", ".script");
    EXPECT_THAT(script, HasSubstr("'--bearer-token-file=/run/secrets/loki/token'"));
    // A call would have the owner's session token, and could use it against Coder.
    EXPECT_EQ(
        plan.jq("[.planned_values | .. | objects | select(.type? == \"coder_env\")] | length"),
        "0\n");
    const Plan gateway("agents-firewalled", {{"ai_gateway", "true"}});
    EXPECT_EQ(gateway.value("coder_env.ai_gateway[\\\"ANTHROPIC_BASE_URL\\\"]", ".value"),
              "https://coder.example/api/v2/aibridge/anthropic\n");
}

TEST(TemplatesTest, ThePolicyIsTheFileAndTheInputAndTheTwoHostsOfGit) {
    const Plan plan(
        "agents-firewalled",
        {{"allow_rules", R"(["method=GET,HEAD domain=npm.registry.example path=/a/*"])"}});
    const auto config = file_of(plan, "boundary.yaml");
    EXPECT_THAT(config, HasSubstr("log_level: info\n"));
    EXPECT_THAT(config, HasSubstr("log_dir: /tmp/boundary_logs\n"));
    EXPECT_THAT(config, HasSubstr("allowlist:\n  - \"domain=coder.example\"\n"
                                  "  - \"domain=gitlab.example\"\n"));
    EXPECT_THAT(config,
                HasSubstr("  - \"method=GET,HEAD domain=npm.registry.example path=/a/*\"\n"));
    // Each line of the file that is not a comment is one.
    std::istringstream lines(read_file(kSource + "agents-firewalled/rules.txt"));
    std::size_t rules = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line.front() != '#') {
            EXPECT_THAT(config, HasSubstr("  - \"" + line + "\"\n"));
            ++rules;
        }
    }
    EXPECT_GT(rules, 2U);
    for (const std::string wrong :
         {"npm.registry.example", "domian=code.example", "domain=code.example and more", ""}) {
        EXPECT_THAT(Plan("agents-firewalled", {{"allow_rules", "[\"" + wrong + "\"]"}}).refusal(),
                    HasSubstr("Not rules of Boundary: " + wrong));
    }
}

/// Boundary takes what the templates render.
TEST(TemplatesTest, BoundaryTakesThePolicy) {
    const TempDir folder;
    const std::string unpack =
        "sed -n \"s|^echo '\\(.*\\)' . base64 -d >.*config.yaml.*|\\1|p\" \"$1\" | base64 -d";
    for (const std::string name : {"agents-firewalled", "firewalled"}) {
        const Plan plan(name);
        const std::string config =
            name == "firewalled"
                ? test_support::run_command(
                      {"sh", "-c", unpack, "sh",
                       folder.append("pre-install",
                                     plan.jq("[.. | objects | select(.address? == "
                                             "\"module.claude_code.terraform_data.pre_install\")]"
                                             "[0].values.input"))})
                      .output
                : file_of(plan, "boundary.yaml");
        const std::string path = folder.append(name + ".yaml", config);
        const auto ran = test_support::run_command(
            {test_support::boundary_program(), "--log-dir", folder.file("logs"), "--", "true"},
            {{"BOUNDARY_CONFIG", path}, {"HOME", folder.path()}});
        EXPECT_EQ(ran.status, 0) << ran.errors << config;
        EXPECT_EQ(ran.errors, "");
        // And the test would see it if it did not.
        const auto wrong = test_support::run_command(
            {test_support::boundary_program(), "--log-dir", folder.file("logs"), "--", "true"},
            {{"BOUNDARY_CONFIG", folder.append("wrong.yaml", "allowlist: [domian=a.example]\n")},
             {"HOME", folder.path()}});
        EXPECT_NE(wrong.status, 0);
    }
}

TEST(TemplatesTest, TheNamespaceGoesToTheBridge) {
    for (const std::string name : {"agents-firewalled", "firewalled"}) {
        const Plan plan(name);
        EXPECT_THAT(plan.value("module.boundary_loki.coder_script.start[0]", ".script"),
                    HasSubstr("'--namespace=coder-workspaces'"));
        EXPECT_EQ(plan.pod(".automount_service_account_token"), "false\n");
        const Plan other(name, {{"namespace", "\"elsewhere\""}});
        EXPECT_THAT(other.value("module.boundary_loki.coder_script.start[0]", ".script"),
                    HasSubstr("'--namespace=elsewhere'"));
    }
}

TEST(TemplatesTest, BothHaveWhatPeopleExpectOfATemplate) {
    for (const std::string name : {"agents-firewalled", "firewalled"}) {
        const Plan plan(name, {{"arch", "\"arm64\""}});
        EXPECT_EQ(plan.value("coder_agent.main", ".arch"), "arm64\n");
        EXPECT_EQ(plan.pod(".node_selector[\"kubernetes.io/arch\"]"), "arm64\n");
        EXPECT_EQ(plan.jq("[.. | objects | select(.type? == \"coder_parameter\").name] | unique - "
                          "[\"ai_prompt\"] | join(\" \")"),
                  "cpu disk_size memory\n");
        EXPECT_EQ(
            plan.jq("[.. | objects | select(.address? == \"data.coder_external_auth.git[0]\")]"
                    "[0].values.id"),
            "gitlab\n");
        EXPECT_EQ(plan.pod(".container[0].resources[0] | .requests[0].memory, .limits[0].memory, "
                           ".limits[0].cpu"),
                  "4Gi\n8Gi\n4\n");
        EXPECT_EQ(plan.pod(".container[0].env[] | select(.name == \"CODER_AGENT_URL\").value"),
                  "https://coder.example\n");
        EXPECT_EQ(plan.jq("[.configuration.root_module.module_calls | keys[]] | "
                          "contains([\"code_server\"])"),
                  "true\n");
        EXPECT_THAT(
            read_file(kSource + name + "/kubernetes.tf"),
            testing::ContainsRegex("ignore_changes = all.*\n(.*\n)*.*ignore_changes = all"));
        EXPECT_THAT(Plan(name, {{"arch", "\"s390x\""}}).refusal(), HasSubstr("amd64 or arm64"));
    }
}

const std::map<std::string, std::string> kTask = {
    {"CODER_TASK_ID", "8d1f0f9e-1111-4000-8000-00000000000c"}, {"CODER_TASK_PROMPT", "do it"}};

/// Of a planned template: the chat of a task, and what is outside Boundary for it.
TEST(TemplatesTest, AWorkspaceMadeAsATaskHasAnAgent) {
    const auto planned = [](const Plan& plan, const std::string& type) {
        return plan.jq("[.planned_values | .. | objects | select(.type? == \"" + type +
                       "\").values] | length");
    };
    const Plan plan("agents-firewalled", {}, kTask);
    ASSERT_EQ(plan.refusal(), "");
    EXPECT_EQ(plan.value("coder_ai_task.claude[0]", ".app_id"),
              "8d1f0f9e-1111-4000-8000-00000000000b\n");
    EXPECT_EQ(planned(plan, "coder_env"), "2\n");  // the way to a model
    // AgentAPI and Claude Code are out of the reach of what is jailed, checksums checked.
    EXPECT_EQ(plan.pod(".init_container[0].env | map(.name) | join(\" \")"),
              "LOKI_ARCHIVE_URL LOKI_ARCHIVE_SHA256 AGENTAPI_SHA256 AGENTAPI_URL BOUNDARY_SHA256 "
              "BOUNDARY_URL CLAUDE_SHA256 CLAUDE_URL\n");
    EXPECT_THAT(plan.pod(".init_container[0].args[0]"),
                HasSubstr("\necho \"$CLAUDE_SHA256  /opt/firewall/bin/claude\" | sha256sum "
                          "--check --status\n"));
    // Any other workspace has none of it, but the template says that it can.
    const Plan other("agents-firewalled");
    EXPECT_EQ(planned(other, "coder_ai_task") + planned(other, "coder_env"), "0\n0\n");
    EXPECT_EQ(other.pod(".init_container[0].env | map(.name) | join(\" \")"),
              "LOKI_ARCHIVE_URL LOKI_ARCHIVE_SHA256 BOUNDARY_SHA256 BOUNDARY_URL\n");
    EXPECT_EQ(
        other.jq("[.configuration | .. | objects | select(.type? == \"coder_ai_task\")] | length"),
        "1\n");
    // A stopped one neither.
    auto stopped = kTask;
    stopped["CODER_WORKSPACE_TRANSITION"] = "stop";
    EXPECT_EQ(planned(Plan("agents-firewalled", {}, stopped), "coder_ai_task"), "0\n");
    EXPECT_EQ(Plan("firewalled", {}, kTask).value("coder_ai_task.claude_code[0]", ".app_id"),
              "8d1f0f9e-1111-4000-8000-00000000000a\n");
}

/// The init container's own text, with the places of a test.
TEST(TemplatesTest, TheInitContainerMakesWhatTheAgentNeeds) {
    const TempDir artifacts;
    std::filesystem::permissions(artifacts.path(), std::filesystem::perms(0755));
    std::filesystem::copy_file(packaging::package(".tar.gz"), artifacts.file("archive"));
    std::filesystem::copy_file(test_support::boundary_program(), artifacts.file("boundary"));
    const auto sha256 = [&](const std::string& name) {
        return test_support::run_command({"sha256sum", artifacts.file(name)}).output.substr(0, 64);
    };
    const Plan plan("agents-firewalled");
    const CleanRoot root("13-workspace", {artifacts.path() + ":/opt/artifacts"});
    const std::string script =
        plan.pod(".init_container[0].args[0] | gsub(\"/opt/firewall\"; \"/tmp/firewall\")");
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
    EXPECT_NE(root.run({"/bin/sh", "-ec", "rm -rf /tmp/firewall\n" + script}, environment).status,
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
    EXPECT_EQ(plan_.value("coder_env.ai_gateway[0]", ".name"), "ANTHROPIC_AUTH_TOKEN\n");
    // A task is one when it is made as one.
    EXPECT_EQ(
        plan_.jq("[.configuration | .. | objects | select(.type? == \"coder_ai_task\")] | length"),
        "1\n");
    EXPECT_EQ(
        plan_.jq("[.planned_values | .. | objects | select(.type? == \"coder_ai_task\")] | length"),
        "0\n");
    EXPECT_EQ(plan_.value("coder_env.boundary_jail_type", ".value"), "landjail\n");
    const auto made = pre_install();
    ASSERT_EQ(made.status, 0) << made.errors;
    const auto config = read_file(home_.file(".config/coder_boundary/config.yaml"));
    EXPECT_THAT(config, HasSubstr("jail_type: landjail\n"));
    EXPECT_THAT(config, HasSubstr("log_level: info\n"));
    EXPECT_THAT(config, HasSubstr("  - \"domain=*.code.example\"\n"));
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
