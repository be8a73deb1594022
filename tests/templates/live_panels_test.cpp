// SPDX-License-Identifier: MIT
// From a template to the panels: each template is planned with the real providers, what it starts
// is taken from the plan and run in a workspace's root, where no service account's token is
// mounted. Then the queries of the dashboard that is made for coderd's lines, and those of ours,
// have to give the truth.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/boundary.h"
#include "tests/end_to_end/decisions.h"
#include "tests/packaging/packages.h"
#include "tests/support/programs.h"
#include "tests/templates/plan.h"
#include "tests/templates/workspace.h"

namespace templates {
namespace {

namespace fs = std::filesystem;
using end_to_end::now_ns;
using test_support::eventually;
using test_support::LokiServer;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

using Counts = std::map<std::string, std::int64_t>;

/// The pipeline of the panels 3 to 5 of uid `agent-firewall` in coder/usgov-coderdemo, with its
/// variables at their defaults. The selector is the point.
std::string live(const std::string& decision) {
    return "{namespace=~`(coder|coder-workspaces)`} |= `boundary_request` | json "
           "decision=`fields.decision`, owner=`fields.owner`, template_id=`fields.template_id`, "
           "template_version_id=`fields.template_version_id` | decision=~`" +
           decision +
           "` | owner=~`` | template_id=~`` | template_version_id=~`` | regexp "
           "`\"http_url\":\"(?P<scheme>https?)://(?P<domain>[^/:\"]+)` | domain=~``";
}

/// Its panels 6 and 7.
std::string live_rows(const std::string& decision) {
    return "{namespace=~`(coder|coder-workspaces)`} |= `boundary_request` | json "
           "decision=`fields.decision`, owner=`fields.owner`, "
           "workspace_name=`fields.workspace_name`, template_id=`fields.template_id`, "
           "http_method=`fields.http_method`, event_time=`fields.event_time` | decision=`" +
           decision +
           "` | owner=~`` | template_id=~`` | regexp "
           "`\"http_url\":\"https?://(?P<domain>[^/?#\"]+)(?P<path>/[^?#\" ]*)?` | line_format "
           "`method=\"{{.http_method}}\" path=\"{{.path}}\" owner=\"{{.owner}}\" "
           "workspace_name=\"{{.workspace_name}}\" template_id=\"{{.template_id}}\"`";
}

/// The query of a panel of this repository's dashboard, its variables at their defaults.
std::string ours(const std::string& title) {
    constexpr const char* kFilter =
        R"(. as $all | [.. | objects | select(.title? == $title and .targets?)][0].targets[0].expr |
           reduce ($all.templating.list[] | select(.allValue)) as $variable
               (.; gsub("\\$\($variable.name)\\b"; $variable.allValue)) |
           gsub("\\$__range"; "1h"))";
    const std::string dashboard = BOUNDARY_LOKI_SOURCE_DIR "/dashboards/agent-firewall.json";
    const auto found =
        test_support::run_command({"jq", "-r", "--arg", "title", title, kFilter, dashboard});
    EXPECT_EQ(found.status, 0) << found.errors;
    return found.output;
}

class LivePanelsTest : public testing::Test {
protected:
    LivePanelsTest() {
        loki_.start();
        fs::permissions(folder_.path(), fs::perms(0755));
        fs::copy_file(packaging::package(".tar.gz"), folder_.file("boundary-loki.tar.gz"));
        fs::copy_file(test_support::boundary_program(), folder_.file("boundary"));
    }
    [[nodiscard]] std::string sha256(const std::string& name) const {
        return test_support::run_command({"sha256sum", folder_.file(name)}).output.substr(0, 64);
    }
    /// Inputs that name this test's Loki and programs, in `folder`.
    [[nodiscard]] Plan::Inputs inputs(const std::string& folder) const {
        return {{"loki_url", "\"" + loki_.url() + "\""},
                {"allow_rules", "[\"domain=127.0.0.1\"]"},
                {"boundary_loki_url", "\"file://" + folder + "/boundary-loki.tar.gz\""},
                {"boundary_loki_sha256", "\"" + sha256("boundary-loki.tar.gz") + "\""},
                {"boundary_url", "\"file://" + folder + "/boundary\""},
                {"boundary_sha256", "\"" + sha256("boundary") + "\""}};
    }
    /// Two allowed requests, three denied ones.
    [[nodiscard]] std::string requests() const {
        std::string script;
        for (const std::string path : {"/d/0/", "/d/1/"}) {
            script.append("curl -s -o /dev/null http://127.0.0.1:" + upstream_.port() + path +
                          "\n");
        }
        for (const std::string url : {"npm.registry.example/d/2/", "npm.registry.example/d/3/",
                                      "pypi.registry.example/d/4/"}) {
            script.append("curl -s -o /dev/null http://").append(url).append("\n");
        }
        return script;
    }
    /// What a session of Claude Code does, by the hooks of its settings: a tool call is begun,
    /// makes requests(), ends.
    [[nodiscard]] std::string session(const Workspace& workspace) const {
        const auto hook = test_support::run_command(
            {"jq", "-r", ".hooks.PreToolUse[0].hooks[0].command",
             folder_.append("settings.json",
                            workspace.root().shell("cat ~/.claude/settings.json").output)});
        EXPECT_EQ(hook.status, 0) << hook.errors;
        const auto event = [&](const std::string& name) {
            return "echo '{\"session_id\":\"s\",\"hook_event_name\":\"" + name +
                   "\",\"tool_name\":\"Bash\",\"tool_use_id\":\"toolu_1\"}' | { " +
                   hook.output.substr(0, hook.output.size() - 1) + "; }\n";
        };
        return event("PreToolUse") + "sleep 0.2\n" + requests() + "sleep 0.2\n" +
               event("PostToolUse");
    }
    static void start(const Workspace& workspace, const Plan& plan) {
        // What the workspace does not have, and would tell the bridge the namespace.
        ASSERT_NE(workspace.root()
                      .shell("ls /var/run/secrets/kubernetes.io/serviceaccount/namespace")
                      .status,
                  0);
        const auto started =
            workspace.script(plan.value("module.boundary_loki.coder_script.start[0]", ".script"));
        ASSERT_EQ(started.status, 0) << started.output;
    }
    [[nodiscard]] Counts counts(const std::string& query, const std::string& label) const {
        return loki_.counts(query, label, now_ns());
    }
    /// Both dashboards show what requests() did.
    void expect_the_truth(const std::function<std::string()>& log) const {
        ASSERT_EQ(end_to_end::judge_when_there(loki_, 5), end_to_end::kAllThereOnce) << log();
        const auto over_a_week = [](const std::string& by, const std::string& decision) {
            return "sum by (" + by + ") (count_over_time(" + live(decision) + " [168h]))";
        };
        EXPECT_THAT(counts(over_a_week("decision", "deny|allow"), "decision"),
                    UnorderedElementsAre(Pair("allow", 2), Pair("deny", 3)));
        EXPECT_THAT(counts("topk(20, " + over_a_week("domain", "allow") + ")", "domain"),
                    UnorderedElementsAre(Pair("127.0.0.1", 2)));
        const auto denied =
            UnorderedElementsAre(Pair("npm.registry.example", 2), Pair("pypi.registry.example", 1));
        EXPECT_THAT(counts("topk(20, " + over_a_week("domain", "deny") + ")", "domain"), denied);
        std::vector<std::string> shown;
        for (const auto& row :
             loki_.rows(live_rows("deny"), now_ns() - end_to_end::kHourNs, now_ns())) {
            shown.push_back(row.line);
        }
        const auto line = [](const std::string& path) {
            return "method=\"GET\" path=\"" + path +
                   "\" owner=\"joe\" workspace_name=\"w1\" "
                   "template_id=\"8d1f0f9e-1111-4000-8000-000000000001\"";
        };
        EXPECT_THAT(shown, UnorderedElementsAre(line("/d/2/"), line("/d/3/"), line("/d/4/")));
        // Its panels 15 and 16 count every line that speaks of Boundary.
        EXPECT_GE(
            counts("sum(count_over_time({namespace=\"coder-workspaces\"} |= \"boundary\" [1h]))",
                   "")
                .at(""),
            5);

        // "Denied" and "Deny ratio" take theirs from this one.
        EXPECT_THAT(counts(ours("Allowed"), "decision"),
                    UnorderedElementsAre(Pair("allow", 2), Pair("deny", 3)));
        // The daemon's own word: the first comes ten seconds after its start.
        EXPECT_TRUE(eventually([&] {
            return counts(ours("Workspaces reporting"), "") == Counts{{"", 1}};
        })) << log();
        EXPECT_THAT(counts(ours("Top denied domains"), "domain"), denied);
        EXPECT_THAT(counts(ours("Tool calls with a denial"), ""),
                    UnorderedElementsAre(Pair("", 1)));
    }

    const end_to_end::Upstream upstream_;
    LokiServer loki_;
    const test_support::TempDir folder_;
};

/// NAME=VALUE lines.
std::map<std::string, std::string> variables(const std::string& lines) {
    std::map<std::string, std::string> all;
    std::istringstream text(lines);
    for (std::string line; std::getline(text, line);) {
        all[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
    }
    return all;
}

constexpr const char* kLiteral = ".env[] | select(.value != null) | .name + \"=\" + .value";

/// The folders that a pod's containers share, as the kubelet makes them: anybody may write there.
class Volumes {
public:
    Volumes(const std::string& artifacts, const std::string& tools_at) {
        for (const auto& name : {"tools", "boundary", "state"}) {
            fs::create_directory(folder_.file(name));
            fs::permissions(folder_.file(name), fs::perms(0777));
        }
        fs::permissions(folder_.path(), fs::perms(0755));
        const std::string tools = folder_.file("tools") + ":" + tools_at;
        const std::string boundary = folder_.file("boundary") + ":/run/boundary";
        install_ = {artifacts + ":/opt/artifacts", tools + ":rw", boundary + ":rw"};
        workspace_ = {tools, boundary + ":rw"};
        sidecar_ = {tools, boundary, folder_.file("state") + ":/run/state:rw"};
    }
    /// What the init container of this name does.
    void install(const Plan& plan, const std::string& name) const {
        const std::string container = ".init_container[] | select(.name == \"" + name + "\") | ";
        const packaging::CleanRoot root("13-workspace", install_);
        const auto made = root.run({"/bin/sh", "-ec", plan.pod(container + ".args[0]")},
                                   variables(plan.pod(container + kLiteral)));
        ASSERT_EQ(made.status, 0) << made.errors;
    }
    [[nodiscard]] std::vector<std::string> of_workspace() const { return workspace_; }
    [[nodiscard]] const std::vector<std::string>& of_sidecar() const { return sidecar_; }

private:
    test_support::TempDir folder_;
    std::vector<std::string> install_;
    std::vector<std::string> workspace_;
    std::vector<std::string> sidecar_;
};

/// The sidecar's container, as it is planned, but for its place of the state.
class Sidecar {
public:
    Sidecar(const Plan& plan, const Volumes& volumes)
        : root_("13-workspace", volumes.of_sidecar()) {
        const std::string container = ".init_container[] | select(.name == \"boundary-loki\") | ";
        std::vector<std::string> words;
        std::istringstream text(plan.pod(container +
                                         "(.command + .args)[] | gsub(\"/var/lib/boundary-loki\"; "
                                         "\"/run/state\") | gsub(\"0.0.0.0:9765\"; \"off\")"));
        for (std::string word; std::getline(text, word);) {
            words.push_back(word);
        }
        user_ = plan.pod(container + ".security_context[0].run_as_user");
        user_.pop_back();
        test_support::Process::Options options;
        options.errors = log_.file("log");
        process_.emplace(root_.command_as(user_, words), options);
    }
    /// As the kubelet ends it, once the workspace's container has ended; its exit status.
    [[nodiscard]] int stop() {
        const auto told = test_support::run_command(root_.command_as(
            user_, {"sh", "-c",
                    "for p in /proc/[0-9]*; do [ \"$(cat $p/comm)\" != boundary-loki ] || kill "
                    "-TERM ${p#/proc/}; done"}));
        EXPECT_EQ(told.status, 0) << told.errors;
        return process_->wait(std::chrono::seconds(10)).value_or(-1);
    }
    [[nodiscard]] std::string log() const { return test_support::read_file(log_.file("log")); }

private:
    packaging::CleanRoot root_;
    test_support::TempDir log_;
    std::string user_;
    std::optional<test_support::Process> process_;
};

class AgentsFirewalledTest : public LivePanelsTest {
protected:
    /// A workspace of this plan.
    [[nodiscard]] static Workspace::Environment environment(const Plan& plan) {
        auto of_the_pod = variables(plan.pod(std::string(".container[0]") + kLiteral));
        EXPECT_THAT(of_the_pod["PATH"], HasSubstr("/opt/firewall/shim"));
        of_the_pod["BOUNDARY_JAIL_TYPE"] = "";  // the configuration says it
        return of_the_pod;
    }
    void call(const Workspace& workspace) const {
        const auto call = workspace.tool_call(requests() + "exit 7");
        EXPECT_EQ(call.status, 7) << call.errors;
    }
};

TEST_F(AgentsFirewalledTest, LivePanels) {
    const Plan plan("agents-firewalled", inputs("/opt/artifacts"));
    ASSERT_EQ(plan.refusal(), "");
    const Volumes volumes(folder_.path(), "/opt/firewall");
    volumes.install(plan, "firewall");
    const Workspace workspace(volumes.of_workspace(), environment(plan));
    start(workspace, plan);
    call(workspace);
    expect_the_truth([&] { return workspace.log(); });
    EXPECT_EQ(workspace.stop().status, 0);
}

TEST_F(AgentsFirewalledTest, LivePanelsWithASidecar) {
    auto with_sidecar = inputs("/opt/artifacts");
    with_sidecar["sidecar"] = "true";
    const Plan plan("agents-firewalled", with_sidecar);
    ASSERT_EQ(plan.refusal(), "");
    const Volumes volumes(folder_.path(), "/opt/firewall");
    volumes.install(plan, "firewall");
    Sidecar sidecar(plan, volumes);
    const Workspace workspace(volumes.of_workspace(), environment(plan));
    call(workspace);
    expect_the_truth([&] { return sidecar.log(); });
    EXPECT_EQ(workspace.daemons() + workspace.supervisors(), "");
    // The pod ends right behind a call: what that did is in Loki by then, and so is that it ended.
    const std::string last = "curl -s -o /dev/null http://npm.registry.example/d/5/";
    EXPECT_EQ(workspace.tool_call(last).status, 0);
    EXPECT_EQ(sidecar.stop(), 0) << sidecar.log();
    EXPECT_EQ(end_to_end::judge_when_there(loki_, 6), end_to_end::kAllThereOnce) << sidecar.log();
    EXPECT_THAT(counts(ours("Silent daemons"), ""), UnorderedElementsAre(Pair("", 0)));
    EXPECT_THAT(counts(ours("Daemons reporting"), ""), UnorderedElementsAre(Pair("", 0)));
}

/// A task: what the plan starts AgentAPI with, and that with a Claude Code as far as its arguments,
/// its hooks and the network go.
TEST_F(AgentsFirewalledTest, ATaskIsUnderBoundaryAndItsPromptIsWhole) {
    const std::string prompt = "fix it's \"$HOME\" `id`\nand -- more";
    folder_.append("agentapi",
                   "#!/bin/bash\nwhile [ \"$1\" != -- ]; do shift; done; shift\n"
                   "exec \"$@\"\n");
    folder_.append("claude",
                   "#!/bin/bash\nprintf '%s\\n' \"$@\" >~/arguments\n. ~/session.sh\nmkdir -p "
                   "~/.claude/projects/p; touch ~/.claude/projects/p/s.jsonl\n");
    auto more = inputs("/opt/artifacts");
    for (const std::string name : {"agentapi", "claude"}) {
        more[name + "_url"] = "\"file:///opt/artifacts/" + name + "\"";
        more[name + "_sha256"] = "\"" + sha256(name) + "\"";
    }
    const Plan plan(
        "agents-firewalled", more,
        {{"CODER_TASK_ID", "8d1f0f9e-1111-4000-8000-00000000000c"}, {"CODER_TASK_PROMPT", prompt}});
    ASSERT_EQ(plan.refusal(), "");
    const Volumes volumes(folder_.path(), "/opt/firewall");
    volumes.install(plan, "firewall");
    const Workspace workspace(volumes.of_workspace(), environment(plan));
    start(workspace, plan);
    const auto run = [&](const std::string& which) {
        const std::string script =
            plan.value("module.agentapi[0].terraform_data." + which, ".input");
        // Workspaces have machines of their own; tests share one, and its port 8080.
        return workspace.command({"bash", "-c", script, which, "true", "3284"},
                                 {{"PROXY_PORT", std::to_string(test_support::free_port())}});
    };
    const auto installed = run("install");
    ASSERT_EQ(installed.status, 0) << installed.errors;
    EXPECT_THAT(workspace.root().shell("cat ~/.claude.json").output,
                HasSubstr("\"hasTrustDialogAccepted\":true"));
    const auto written =
        workspace.command({"sh", "-c", "printf %s \"$1\" >~/session.sh", "sh", session(workspace)});
    ASSERT_EQ(written.status, 0);
    const auto ran = run("start");
    EXPECT_EQ(ran.status, 0) << ran.errors;
    EXPECT_EQ(workspace.root().shell("cat ~/arguments").output,
              "--dangerously-skip-permissions\n--\n" + prompt + "\n");
    ASSERT_EQ(end_to_end::judge_when_there(loki_, 5), end_to_end::kAllThereOnce) << workspace.log();
    EXPECT_THAT(counts(ours("Tool calls with a denial"), ""), UnorderedElementsAre(Pair("", 1)));
    // What it once began it goes on with.
    EXPECT_EQ(run("install").status, 0);
    EXPECT_EQ(run("start").status, 0);
    EXPECT_EQ(workspace.root().shell("cat ~/arguments").output,
              "--dangerously-skip-permissions\n--continue\n");
    EXPECT_EQ(workspace.stop().status, 0);
}

class FirewalledTest : public LivePanelsTest {
protected:
    /// The claude-code module's own preparation, then Claude Code as far as session() goes.
    void claude(const Workspace& workspace, const Plan& plan) const {
        const auto prepared = workspace.command(
            {"bash", "-c",
             plan.jq("[.. | objects | select(.address? == "
                     "\"module.claude_code.terraform_data.pre_install\")][0].values.input")});
        ASSERT_EQ(prepared.status, 0) << prepared.errors;
        std::map<std::string, std::string> environment =
            variables(plan.pod(std::string(".container[0]") + kLiteral));
        for (const std::string name : {"boundary_config", "boundary_jail_type"}) {
            const std::string variable = plan.value("coder_env." + name, ".name");
            const std::string value = plan.value("coder_env." + name, ".value");
            environment[variable.substr(0, variable.size() - 1)] =
                value.substr(0, value.size() - 1);
        }
        // Workspaces have machines of their own; tests share one, and its port 8080.
        environment["PROXY_PORT"] = std::to_string(test_support::free_port());
        const auto ran = workspace.command(
            {"/opt/firewall/bin/real-boundary", "--", "/bin/sh", "-c", session(workspace)},
            environment);
        EXPECT_EQ(ran.status, 0) << ran.errors;
    }
    /// As the claude-code module installs it.
    const Machine machine_{test_support::boundary_program()};
};

TEST_F(FirewalledTest, LivePanels) {
    const Plan plan("firewalled", inputs("/opt/artifacts"));
    ASSERT_EQ(plan.refusal(), "");
    const Workspace workspace(machine_);
    start(workspace, plan);
    ASSERT_TRUE(workspace.has_one_daemon()) << workspace.log();
    claude(workspace, plan);
    expect_the_truth([&] { return workspace.log(); });
    EXPECT_EQ(workspace.stop().status, 0);
}

TEST_F(FirewalledTest, LivePanelsWithASidecar) {
    auto with_sidecar = inputs("/opt/artifacts");
    with_sidecar["sidecar"] = "true";
    const Plan plan("firewalled", with_sidecar);
    ASSERT_EQ(plan.refusal(), "");
    const Volumes volumes(folder_.path(), "/run/boundary-loki");
    volumes.install(plan, "install");
    const Sidecar sidecar(plan, volumes);
    auto mounts = machine_.mounts();
    std::ranges::copy(volumes.of_workspace(), std::back_inserter(mounts));
    const Workspace workspace(mounts, {});
    claude(workspace, plan);
    expect_the_truth([&] { return sidecar.log(); });
    EXPECT_EQ(workspace.daemons() + workspace.supervisors(), "");
}

}  // namespace
}  // namespace templates
