// SPDX-License-Identifier: MIT
#include "bridge/suggest/boundary_policy.h"

#include <algorithm>

#include <yaml-cpp/yaml.h>

#include "base/durable_file.h"
#include "base/utf8.h"

namespace bridge::suggest {
namespace {

/// As long as a record's metadata may be.
constexpr std::size_t kRuleBytes = 1024;

base::Result<std::vector<std::string>> allow_list(const std::string& path) {
    const auto text = base::read_whole(path);
    if (!text) {
        return tl::unexpected(text.error());
    }
    std::vector<std::string> rules;
    try {
        const YAML::Node root = YAML::Load(*text);
        if (!root.IsMap() && !root.IsNull()) {
            return base::failure(path + ": no mapping, as Boundary's configuration is one");
        }
        const YAML::Node list = root["allowlist"];
        if (!list || list.IsNull()) {
            return rules;
        }
        if (!list.IsSequence()) {
            return base::failure(path + ": allowlist is no list");
        }
        for (const auto& rule : list) {
            rules.push_back(rule.as<std::string>());
        }
    } catch (const YAML::Exception& error) {
        return base::failure(path + ": line " + std::to_string(error.mark.line + 1) + ": " +
                             error.msg);
    }
    return rules;
}

}  // namespace

base::Result<BoundaryPolicy> BoundaryPolicy::read(const std::string& path) {
    const auto texts = allow_list(path);
    if (!texts) {
        return tl::unexpected(texts.error());
    }
    BoundaryPolicy policy;
    tailer::RuleRedactor redactor(tailer::QueryPolicy::Redact);
    for (const auto& text : *texts) {
        auto rule = parse_allow_rule(text);
        const std::string redacted(base::utf8_prefix(redactor.redacted(text), kRuleBytes));
        if (!rule) {
            std::string message = path;
            message.append(": Boundary does not understand the rule `").append(redacted);
            return base::failure(message.append("`: ").append(rule.error().message));
        }
        policy.by_redacted_.emplace(redacted, policy.rules_.size());
        policy.rules_.push_back({std::move(*rule), redacted});
    }
    return policy;
}

void BoundaryPolicy::use(std::string_view redacted_rule) {
    if (const auto at = by_redacted_.find(redacted_rule); at != by_redacted_.end()) {
        ++rules_[at->second].used;
    }
}

bool BoundaryPolicy::allows(std::string_view method, const Target& target) const {
    return std::ranges::any_of(
        rules_, [&](const Rule& rule) { return matches(rule.rule, method, target); });
}

std::vector<std::string> BoundaryPolicy::unused() const {
    std::vector<std::string> rules;
    for (const auto& rule : rules_) {
        if (rules_[by_redacted_.find(rule.redacted)->second].used == 0) {
            rules.push_back(rule.redacted);
        }
    }
    return rules;
}

}  // namespace bridge::suggest
