// SPDX-License-Identifier: MIT
#include "tests/templates/plan.h"

#include <filesystem>
#include <regex>
#include <stdexcept>

#include "tests/support/process.h"

namespace templates {
namespace {

using test_support::read_file;

/// Values for all inputs of either template.
constexpr const char* kInputs = R"({
"image": "workspace.example/image:1", "allow_rules": ["domain=*.code.example"],
"external_auth_id": "gitlab", "gitlab_url": "https://gitlab.example:8443/group",
"loki_url": "http://loki.example:3100",
"boundary_loki_url": "https://files.example/boundary-loki.tar.gz",
"boundary_loki_sha256": "00000000000000000000000000000000000000000000000000000000000000aa",
"boundary_url": "https://files.example/boundary",
"boundary_sha256": "00000000000000000000000000000000000000000000000000000000000000bb",
"agentapi_url": "https://files.example/agentapi",
"agentapi_sha256": "00000000000000000000000000000000000000000000000000000000000000cc",
"claude_url": "https://files.example/claude",
"claude_sha256": "00000000000000000000000000000000000000000000000000000000000000dd"})";

constexpr const char* kSeccomp = R"(          seccomp_profile {
            type = "RuntimeDefault"
          }
)";

std::string jq_on(const std::string& filter, const std::string& file) {
    const auto result = test_support::run_command({"jq", "-r", filter, file});
    if (result.status != 0) {
        throw std::runtime_error("jq: " + result.errors);
    }
    return result.output;
}

/// `text` with the one place that `from` matches as `to`.
std::string replaced(const std::string& text, const std::string& from, const std::string& to) {
    const std::regex pattern(from);
    if (!std::regex_search(text, pattern)) {
        throw std::runtime_error("nothing to replace: " + from);
    }
    return std::regex_replace(text, pattern, to);
}

/// `file` is where the template names the module.
void stand_in(const Tofu& tofu, const std::string& file, const std::string& module,
              const std::string& source) {
    tofu.copy("tests/templates/" + source, file.substr(0, file.rfind('/') + 1) + module);
    const std::string text = read_file(tofu.file(file));
    tofu.write(file, replaced(text, "\"git::https://[^\"]*/" + module + "\\?ref=[^\"]*\"",
                              "\"./" + module + "\""));
}

}  // namespace

void prepare(const Tofu& tofu, const std::string& name) {
    stand_in(tofu, name + "/main.tf", "code-server", "code_server");
    if (std::filesystem::exists(tofu.file(name + "/tasks.tf"))) {
        stand_in(tofu, name + "/tasks.tf", "agentapi", "agentapi");
    } else {
        stand_in(tofu, name + "/main.tf", "claude-code", "claude_code");
    }
    std::string text = read_file(tofu.file(name + "/kubernetes.tf"));
    const auto at = text.find(kSeccomp);
    if (at == std::string::npos) {
        throw std::runtime_error(name + ": no seccomp profile of the pod");
    }
    text.erase(at, std::string(kSeccomp).size());
    text = replaced(text, "(requests|limits) += \\{ cpu = (.*), memory = (.*) \\}\n",
                    "$1 {\n cpu = $2\n memory = $3\n}\n");
    text = replaced(text, "\n +restart_policy = \"Always\"\n", "\n");
    tofu.write(name + "/kubernetes.tf", text);
}

Plan::Plan(const std::string& name, const Inputs& inputs,
           const std::map<std::string, std::string>& more) {
    tofu_.copy("coder-templates/" + name, name);
    prepare(tofu_, name);
    // Not all are both templates'.
    const std::string declared = read_file(tofu_.file(name + "/variables.tf"));
    tofu_.write("inputs.json", kInputs);
    std::string filter = ".";
    for (const auto& [input, value] : inputs) {
        filter.append(" | .").append(input).append(" = ").append(value);
    }
    for (const std::string input : {"boundary_url", "boundary_sha256", "agentapi_url",
                                    "agentapi_sha256", "claude_url", "claude_sha256"}) {
        if (declared.find("variable \"" + input + "\"") == std::string::npos) {
            filter += " | del(." + input + ")";
        }
    }
    tofu_.write(name + "/terraform.tfvars.json", jq_on(filter, tofu_.file("inputs.json")));
    static_cast<void>(tofu_.run("get", name));
    auto environment = more;
    environment.merge(provisioner_environment());
    environment["KUBE_LOAD_CONFIG_FILE"] = "false";
    environment["KUBE_HOST"] = "http://127.0.0.1:1";
    const auto plan = tofu_.run("plan -no-color -input=false -out=plan", name, environment);
    if (plan.status != 0) {
        // Messages are wrapped to a width.
        refusal_ = std::regex_replace(plan.errors, std::regex("[\\s│╷╵]+"), " ");
        return;
    }
    tofu_.write("old.json", tofu_.run("show -json plan", name).output);
    const std::string pod =
        "(.. | objects | select(.address? == \"kubernetes_deployment.main[0]\" and "
        ".values?).values" +
        std::string(kPod);
    tofu_.write(
        "plan.json",
        jq_on(pod + ".security_context[0]).seccomp_profile = [{type: \"RuntimeDefault\"}] | " +
                  pod +
                  ".init_container[]? | select(.name == \"boundary-loki\")).restart_policy = "
                  "\"Always\"",
              tofu_.file("old.json")));
}

std::string Plan::jq(const std::string& filter) const {
    return jq_on(filter, tofu_.file("plan.json"));
}

std::string Plan::value(const std::string& address, const std::string& filter) const {
    return jq("[.planned_values | .. | objects | select(.address? == \"" + address +
              "\")][0].values | " + filter);
}

}  // namespace templates
