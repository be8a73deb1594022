// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bridge/suggest/allow_rule.h"
#include "tailer/records/rule_redaction.h"

namespace bridge::suggest {

/// The `allowlist` of Boundary's configuration, and what of it was used.
class BoundaryPolicy {
public:
    /// Reads a config.yaml of Boundary's. An Error names the file, and what in it Boundary would
    /// not understand.
    [[nodiscard]] static base::Result<BoundaryPolicy> read(const std::string& path);
    BoundaryPolicy() = default;

    /// Takes the `rule` of an ALLOW, without secrets, as a log's reader has it.
    void use(std::string_view redacted_rule);
    [[nodiscard]] bool allows(std::string_view method, const Target& target) const;
    /// Rules that nothing used, in the order of the file, without secrets.
    [[nodiscard]] std::vector<std::string> unused() const;

private:
    struct Rule {
        AllowRule rule;
        std::string redacted;
        std::uint64_t used = 0;
    };
    std::vector<Rule> rules_;
    std::map<std::string, std::size_t, std::less<>> by_redacted_;
};

}  // namespace bridge::suggest
