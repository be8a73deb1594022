// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bridge/suggest/denied.h"

namespace bridge::suggest {

struct SuggestedRule {
    std::string text;  ///< as it can stand in Boundary's allowlist
    std::string domain;
    std::vector<std::string> methods;
    std::vector<std::string> paths;  ///< none = any
    Wanted wanted;
};

/// What is to be told.
struct Suggestion {
    std::vector<SuggestedRule> rules;  ///< exact ones first, then those most asked for
    std::vector<Denied::Call> calls;   ///< as Wanted numbers them
    std::uint64_t denied = 0;
    std::uint64_t covered = 0;          ///< of these, requests that the rules let through
    std::uint64_t below_min_count = 0;  ///< requests asked for too seldom
    std::uint64_t dropped = 0;          ///< requests of which there was too much to remember
    std::uint64_t allowed_already = 0;  ///< by the given configuration
    std::vector<std::pair<std::string, std::uint64_t>> impossible;
    std::optional<std::int64_t> first_ns;
    std::optional<std::int64_t> last_ns;

    std::string config;               ///< the given one; empty = none
    std::uint64_t allowed = 0;        ///< ALLOW lines seen
    std::vector<std::string> unused;  ///< rules of it that nothing used
};

/// The fewest rules, each as narrow as Boundary's grammar lets it be. A pattern that stands for
/// fewer than `min_count` requests is left out.
void write_rules(const Denied& denied, std::uint64_t min_count, Suggestion& suggestion);

/// YAML that can be pasted into Boundary's configuration, the rest in comments; and one JSON
/// object.
[[nodiscard]] std::string suggestion_yaml(const Suggestion& suggestion);
[[nodiscard]] std::string suggestion_json(const Suggestion& suggestion);

/// Why a rule lets more through than what was asked for, a sentence each.
[[nodiscard]] std::vector<std::string> reasons(WiderFlags wider);

}  // namespace bridge::suggest
