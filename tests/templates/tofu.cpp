// SPDX-License-Identifier: MIT
#include "tests/templates/tofu.h"

#include <fstream>
#include <stdexcept>

#include "tests/support/programs.h"

namespace templates {
namespace {

const std::string kTools = BOUNDARY_LOKI_SOURCE_DIR "/build/tools/bin";

}  // namespace

Tofu::Tofu() {
    for (const std::string name :
         {"tofu", "terraform-provider-coder", "terraform-provider-kubernetes"}) {
        if (!test_support::tool(name)) {
            throw std::runtime_error("no " + name + ": run tests/tools/install.sh");
        }
    }
    std::ofstream(settings_.file("tofurc"))
        << "provider_installation {\n  dev_overrides {\n    \"coder/coder\" = \"" << kTools
        << "\"\n    \"hashicorp/kubernetes\" = \"" << kTools << "\"\n  }\n}\n";
}

void Tofu::copy(const std::string& from, const std::string& to) const {
    const auto result = test_support::run_command(
        {"cp", "-rL", std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/" + from, file(to)});
    if (result.status != 0) {
        throw std::runtime_error("cannot copy " + from + ": " + result.errors);
    }
}

void Tofu::write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name)) << text;
}

test_support::RunResult Tofu::run(const std::string& words, const std::string& inside,
                                  const std::map<std::string, std::string>& environment) const {
    std::map<std::string, std::string> all = environment;
    all["TF_CLI_CONFIG_FILE"] = settings_.file("tofurc");
    all["TF_IN_AUTOMATION"] = "1";
    all["CHECKPOINT_DISABLE"] = "1";
    return test_support::run_command(
        {"sh", "-c",
         "cd '" + folder_.path() + "/" + inside + "' && exec '" + kTools + "/tofu' " + words},
        all);
}

std::string Tofu::validated(const std::string& inside) const {
    for (const std::string words : {"get", "validate -no-color"}) {
        const auto result = run(words, inside);
        if (result.status != 0) {
            return words + ": " + result.output + result.errors;
        }
    }
    return "";
}

std::map<std::string, std::string> provisioner_environment() {
    return {{"CODER_WORKSPACE_NAME", "w1"},
            {"CODER_WORKSPACE_ID", "8d1f0f9e-1111-4000-8000-000000000002"},
            {"CODER_WORKSPACE_OWNER", "joe"},
            {"CODER_WORKSPACE_OWNER_NAME", "Joe Doe"},
            {"CODER_WORKSPACE_TEMPLATE_NAME", "agents-firewalled"},
            {"CODER_WORKSPACE_TEMPLATE_ID", "8d1f0f9e-1111-4000-8000-000000000001"},
            {"CODER_WORKSPACE_TRANSITION", "start"},
            {"CODER_AGENT_TOKEN", "secret-agent-token"},
            {"CODER_AGENT_URL", "https://coder.example"}};
}

}  // namespace templates
