// SPDX-License-Identifier: MIT
// The Pod Security Standard `restricted`, as Kubernetes publishes it
// (https://kubernetes.io/docs/concepts/security/pod-security-standards/), on the planned pods; and
// what a stock Coder provisioner may create.
#include <gtest/gtest.h>

#include "tests/support/process.h"
#include "tests/templates/plan.h"

namespace templates {
namespace {

/// Rules of `baseline` and `restricted` over a pod in Terraform's words; each gives the names of
/// what breaks it. A field that the provider cannot express is not asked for.
constexpr const char* kRestricted = R"(
  (.security_context[0] // {}) as $pod
  | [(.container + .init_container)[] | . + {context: (.security_context[0] // {})}] as $all
  | [
    (["host_network", "host_pid", "host_ipc"][] as $name | select($pod_spec[$name] == true) | $name),
    ($pod_spec.volume[]? | to_entries[] | select((.value | type) == "array" and (.value | length) > 0)
      | select([.key] | inside(["config_map", "csi", "downward_api", "empty_dir",
          "persistent_volume_claim", "projected", "secret"]) | not) | "volume " + .key),
    ($pod.sysctl[]? | "sysctl " + .name),
    (select($pod.run_as_user == "0") | "pod runs as root"),
    ($all[] | .name as $name | .context as $own
      | (select($own.privileged == true) | "privileged"),
        (select($own.allow_privilege_escalation != false) | "allow_privilege_escalation"),
        (select(($own.run_as_non_root | if . == null or . == false then $pod.run_as_non_root else . end) != true)
          | "run_as_non_root"),
        (select($own.run_as_user == "0") | "run_as_user"),
        (select((($own.capabilities[0].drop // []) | index("ALL")) == null) | "capabilities.drop"),
        (($own.capabilities[0].add // [])[] | select(. != "NET_BIND_SERVICE") | "capabilities.add"),
        (select((($own.seccomp_profile[0].type // $pod.seccomp_profile[0].type)
            | . == "RuntimeDefault" or . == "Localhost") | not) | "seccomp_profile"),
        ((.port // [])[] | select((.host_port // 0) != 0) | "host_port")
      | $name + ": " + .)
  ] | join("; "))";

std::string breaks_of(const Plan& plan) {
    return plan.pod(std::string(" as $pod_spec | $pod_spec | ") + kRestricted);
}

TEST(PodSecurityTest, AgentsFirewalledIsRestricted) {
    EXPECT_EQ(breaks_of(Plan("agents-firewalled")), "\n");
    EXPECT_EQ(breaks_of(Plan("agents-firewalled", {{"loki_token_secret", "\"push\""}})), "\n");
    EXPECT_EQ(breaks_of(Plan("agents-firewalled", {},
                             {{"CODER_TASK_ID", "8d1f0f9e-1111-4000-8000-00000000000c"}})),
              "\n");
}

TEST(PodSecurityTest, FirewalledIsRestrictedWithoutSudo) {
    EXPECT_EQ(breaks_of(Plan("firewalled", {{"sudo", "false"}})), "\n");
    // The baseline's image installs with sudo. This is also how we know that the rules bite.
    EXPECT_EQ(breaks_of(Plan("firewalled")),
              "workspace: allow_privilege_escalation; workspace: capabilities.drop\n");
}

TEST(PodSecurityTest, WithASidecarBothAreRestricted) {
    const Plan::Inputs inputs = {{"sidecar", "true"}, {"loki_token_secret", "\"push\""}};
    EXPECT_EQ(breaks_of(Plan("agents-firewalled", inputs)), "\n");
    auto without_sudo = inputs;
    without_sudo["sudo"] = "false";
    EXPECT_EQ(breaks_of(Plan("firewalled", without_sudo)), "\n");
    EXPECT_EQ(breaks_of(Plan("firewalled", inputs)),
              "workspace: allow_privilege_escalation; workspace: capabilities.drop\n");
}

/// What the agent's container shares with the daemon's, and what it does not.
TEST(PodSecurityTest, ASidecarIsOutOfTheAgentsReach) {
    for (const std::string name : {"agents-firewalled", "firewalled"}) {
        const Plan plan(name, {{"sidecar", "true"}, {"loki_token_secret", "\"push\""}});
        const std::string sidecar =
            " | [.init_container[] | select(.name == \"boundary-loki\")] | (length | tostring) + "
            "\" \" + .[0].restart_policy + \" \" + (.[0].security_context[0].run_as_user | "
            "tostring)";
        EXPECT_EQ(plan.pod(sidecar), "1 Always 1001\n") << name;
        EXPECT_EQ(plan.pod(".security_context[0].run_as_user"), "1000\n") << name;
        const auto mounts = [&](const std::string& of) {
            return plan.pod(of +
                            " | [.volume_mount[] | .name + (if .read_only then \"\" else "
                            "\"(rw)\" end)] | sort | join(\" \")");
        };
        EXPECT_EQ(mounts(".init_container[-1]"), "boundary loki-token state(rw) tools\n") << name;
        EXPECT_EQ(mounts(".container[0]"), "boundary(rw) home(rw) tools\n") << name;
        // No second daemon, and no process of the agent's in sight of this one.
        EXPECT_EQ(plan.jq("[.planned_values | .. | objects | select(.type? == \"coder_script\")] "
                          "| length"),
                  "0\n")
            << name;
        EXPECT_EQ(plan.pod(".share_process_namespace"), "false\n") << name;
    }
}

/// A jailed call may connect to any address on the number of its proxy's port, send datagrams, and
/// be called by other pods: the policy that comes with the templates lets none of that through.
TEST(PodSecurityTest, TheNetworkPolicyClosesWhatLandjailLeavesOpen) {
    const Tofu tofu;
    tofu.copy("coder-templates/network-policy.yaml", "policy.yaml");
    tofu.write("main.tf",
               "output \"policy\" { value = yamldecode(file(\"policy.yaml\")) }\n"
               "output \"spec\" { value = yamldecode(file(\"policy.yaml\")).spec }\n");
    ASSERT_EQ(tofu.run("apply -auto-approve -no-color").status, 0);
    tofu.write("spec.json", tofu.run("output -json spec").output);
    const auto jq = [&](const std::string& filter) {
        return test_support::run_command({"jq", "-r", filter, tofu.file("spec.json")}).output;
    };
    EXPECT_EQ(jq(".policyTypes | sort | join(\" \")"), "Egress Ingress\n");
    // Every rule names its ports; a rule without would allow all of them.
    EXPECT_EQ(jq("[.ingress[], .egress[] | select((.ports // []) == [])] | length"), "0\n");
    EXPECT_EQ(jq("[.egress[].ports[] | select(.endPort)] | length"), "0\n");
    // Datagrams go to the cluster's DNS alone.
    EXPECT_EQ(jq("[.egress[] | select(any(.ports[]; .protocol != \"TCP\")) | "
                 "(.to[].podSelector.matchLabels[\"k8s-app\"] // \"anybody\"), (.ports[].port | "
                 "tostring)] | join(\" \")"),
              "kube-dns 53 53\n");
    // A port that may be a proxy's (toolcall exec takes one of 18100 to 19099, Boundary alone 8080)
    // is open to Coder itself, which every rule allows anyway.
    EXPECT_EQ(jq("[.egress[] | select(any(.ports[].port; (. >= 18100 and . < 19100) or . == 8080)) "
                 "| .to[] | .namespaceSelector.matchLabels[\"kubernetes.io/metadata.name\"]] | "
                 "join(\" \")"),
              "coder\n");
    // It is about the templates' pods, in their namespace.
    tofu.write("policy.json", tofu.run("output -json policy").output);
    const Plan plan("agents-firewalled", {{"sidecar", "true"}});
    EXPECT_EQ(plan.value("kubernetes_deployment.main[0]",
                         ".spec[0].template[0].metadata[0].labels[\"app.kubernetes.io/name\"]"),
              jq(".podSelector.matchLabels[\"app.kubernetes.io/name\"]"));
    EXPECT_EQ(
        plan.value("kubernetes_deployment.main[0]", ".metadata[0].namespace"),
        test_support::run_command({"jq", "-r", ".metadata.namespace", tofu.file("policy.json")})
            .output);
    EXPECT_EQ(plan.pod(".init_container[-1].port[0].container_port"),
              jq(".ingress[0].ports[0].port"));
}

TEST(PodSecurityTest, OnlyWhatAStockProvisionerMayCreate) {
    for (const auto& [name, sidecar] :
         {std::pair("agents-firewalled", "false"), std::pair("agents-firewalled", "true"),
          std::pair("firewalled", "false"), std::pair("firewalled", "true")}) {
        const Plan plan(name, {{"loki_token_secret", "\"push\""}, {"sidecar", sidecar}});
        EXPECT_EQ(
            plan.jq("[.resource_changes[].type | select(startswith(\"kubernetes_\"))] | unique "
                    "| join(\" \")"),
            "kubernetes_deployment kubernetes_persistent_volume_claim\n")
            << name;
        // And it reads nothing of the cluster.
        EXPECT_EQ(plan.jq("[.. | objects | select(.mode? == \"data\").type | "
                          "select(startswith(\"kubernetes_\"))] | length"),
                  "0\n")
            << name;
    }
}

}  // namespace
}  // namespace templates
