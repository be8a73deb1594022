// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "tests/templates/tofu.h"

namespace templates {

/// The pod in a planned deployment's values.
inline constexpr const char* kPod = ".spec[0].template[0].spec[0]";

/// A template that can be planned here. Its registry modules are replaced by stand-ins with their
/// inputs. The provider hashicorp/kubernetes that can be built is 1.13.4: what a template says in
/// the words of 3.0 is put into that one's words, and what it lacks is taken out (a pod's seccomp
/// profile, an init container's restart policy; Plan puts them back).
void prepare(const Tofu& tofu, const std::string& name);

/// What a template of ours plans, as `tofu show -json` says it; no cluster is asked.
class Plan {
public:
    using Inputs = std::map<std::string, std::string>;  ///< as JSON, on top of values for all

    /// `more`: what the provisioner tells on top of what it always does, as of a task.
    explicit Plan(const std::string& name, const Inputs& inputs = {},
                  const std::map<std::string, std::string>& more = {});

    /// `jq -r` of the plan.
    [[nodiscard]] std::string jq(const std::string& filter) const;
    /// Of the resource at this address, what it will be.
    [[nodiscard]] std::string value(const std::string& address, const std::string& filter) const;
    /// Of the deployment's pod.
    [[nodiscard]] std::string pod(const std::string& filter) const {
        return value("kubernetes_deployment.main[0]", std::string(kPod) + filter);
    }
    /// Why there is no plan; "" when there is one.
    [[nodiscard]] const std::string& refusal() const { return refusal_; }

private:
    Tofu tofu_;
    std::string refusal_;
};

}  // namespace templates
