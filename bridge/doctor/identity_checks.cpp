// SPDX-License-Identifier: MIT
#include "bridge/doctor/checks.h"

namespace bridge::doctor {
namespace {

std::optional<Finding> identity(const Gathered& seen) {
    const auto& who = seen.settings.enrich.identity;
    std::string known;
    std::string unknown;
    std::string missing;
    const auto add = [&](const std::string& value, const char* name, const char* flag) {
        if (value.empty()) {
            unknown += (unknown.empty() ? "" : ", ") + std::string(name);
            missing += (missing.empty() ? "" : ", ") + std::string(flag);
        } else {
            known += (known.empty() ? "" : ", ") + std::string(name) + " " + value;
        }
    };
    add(who.owner, "owner", "--owner (CODER_WORKSPACE_OWNER_NAME)");
    add(who.workspace_name, "workspace", "--workspace (CODER_WORKSPACE_NAME)");
    add(who.agent_name, "agent", "--agent (CODER_WORKSPACE_AGENT_NAME)");
    if (seen.for_coderd()) {
        add(who.kubernetes_namespace, "namespace", "--namespace (BOUNDARY_LOKI_NAMESPACE)");
    }
    if (missing.empty()) {
        // Without Kubernetes there is none, and our own dashboard needs none.
        return finding("identity", State::Ok,
                       who.kubernetes_namespace.empty()
                           ? known +
                                 "; no namespace: dashboards made for coderd's lines select by "
                                 "it, and show nothing without --namespace "
                                 "(BOUNDARY_LOKI_NAMESPACE)"
                           : known);
    }
    return finding("identity", State::Warn,
                   "not known: " + unknown +
                       "; decisions are stored without, and a dashboard's filters miss them",
                   "set " + missing + " for daemon and doctor");
}

}  // namespace

const std::vector<Check>& identity_checks() {
    static const std::vector<Check> checks = {identity};
    return checks;
}

}  // namespace bridge::doctor
